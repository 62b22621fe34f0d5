/** The phone number of one's account: a code goes to a new one, and only that code makes it the account's. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { toast } from "../parts/common.js";
import { Busy, LineField, useRequest } from "../parts/forms.js";
import { CodeRefusal } from "./by-phone.js";
import { useProof } from "../parts/proof.js";

/**
 * The number as it is typed, the code that was sent to it, and the orders that change whose it is.
 * @param {Rest.MeAnswer} me
 * @param {(phone: string | null) => void} onChanged
 */
function useOwnPhone(me, onChanged) {
  const [phone, setPhone] = useState(me.phone ?? "");
  const [asked, setAsked] = useState(false);
  const [code, setCode] = useState("");
  const { busy, problem, run } = useRequest();
  const proof = useProof(me, "phone");
  const number = phone.trim();
  const type = (/** @type {string} */ text) => {
    setPhone(text);
    setAsked(false);
  };
  const changed = (/** @type {string | null} */ given) => {
    setPhone(given ?? "");
    onChanged(given);
    toast(t("saved"));
  };
  const ask = async () => {
    if (await run(() => auth.call("POST", "/api/me/phone", { body: { phone: number } }))) setAsked(true);
  };
  const confirm = async () => {
    const body = { phone: number, code };
    const given = await run(() =>
      proof.order((own) => auth.call("POST", "/api/me/phone/confirm", { body: { ...body, ...own } })),
    );
    if (!given) return;
    setAsked(false);
    setCode("");
    changed(given.phone);
  };
  const remove = async () => {
    if (await run(() => proof.order((own) => auth.call("DELETE", "/api/me/phone", { body: own })))) changed(null);
  };
  const isReady = asked ? code.trim() && !proof.waits : number !== me.phone;
  return { phone, type, asked, code, setCode, ask, confirm, remove, busy, problem, proof, isReady: number && isReady };
}

/** @param {{ me: Rest.MeAnswer, onChanged: (phone: string | null) => void }} props */
export function OwnPhone({ me, onChanged }) {
  const own = useOwnPhone(me, onChanged);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return own.asked ? own.confirm() : own.ask();
  };
  return html`<form class="stack-s" onSubmit=${submit} novalidate>
    <${LineField}
      name="phone"
      label=${t("phone.number")}
      hint=${t("account.phone_hint")}
      problem=${own.problem}
      type="tel"
      autocomplete="tel"
      dir="ltr"
      value=${own.phone}
      onValue=${own.type}
    />
    ${
      own.asked &&
      html`<${LineField}
        name="code"
        label=${t("phone.code")}
        hint=${t("account.code_sent")}
        problem=${null}
        autocomplete="one-time-code"
        dir="ltr"
        value=${own.code}
        onValue=${own.setCode}
      />`
    }
    ${own.proof.field}
    <${CodeRefusal} problem=${own.problem} fields=${["phone"]} />
    <span class="row tight">
      <button class="btn btn-quiet" disabled=${own.busy || !own.isReady}>
        <${Busy} on=${own.busy} />${t(own.asked ? "people.save" : "phone.send")}
      </button>
      ${
        me.phone &&
        html`<button type="button" class="btn btn-bare" disabled=${own.busy} onClick=${own.remove}>
          ${t("account.phone_remove")}
        </button>`
      }
    </span>
  </form>`;
}
