/** The phone number of one's account: a code goes to a new one, and only that code makes it the account's. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { toast } from "../parts/common.js";
import { Busy, LineField, Refusal, useRequest } from "../parts/forms.js";
import { codeRefusal } from "./by-phone.js";
import { useProof } from "../parts/proof.js";

/** @param {{ me: Rest.MeAnswer, onChanged: (phone: string | null) => void }} props */
export function OwnPhone({ me, onChanged }) {
  const [phone, setPhone] = useState(me.phone ?? "");
  const [asked, setAsked] = useState(false);
  const [code, setCode] = useState("");
  const { busy, problem, run } = useRequest();
  const proof = useProof(me, "phone");
  const number = phone.trim();
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
    setPhone(given.phone);
    onChanged(given.phone);
    toast(t("saved"));
  };
  const remove = async () => {
    if (!(await run(() => proof.order((own) => auth.call("DELETE", "/api/me/phone", { body: own }))))) return;
    setPhone("");
    onChanged(null);
    toast(t("saved"));
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return asked ? confirm() : ask();
  };
  const ready = asked ? code.trim() && !proof.waits : number !== me.phone;
  return html`<form class="stack-s" onSubmit=${submit} novalidate>
    <${LineField}
      name="phone"
      label=${t("phone.number")}
      hint=${t("account.phone_hint")}
      problem=${problem}
      type="tel"
      autocomplete="tel"
      dir="ltr"
      value=${phone}
      onValue=${(/** @type {string} */ text) => {
        setPhone(text);
        setAsked(false);
      }}
    />
    ${
      asked &&
      html`<${LineField}
        name="code"
        label=${t("phone.code")}
        hint=${t("account.code_sent")}
        problem=${null}
        autocomplete="one-time-code"
        dir="ltr"
        value=${code}
        onValue=${setCode}
      />`
    }
    ${proof.field}
    ${
      problem?.code.startsWith("otp_")
        ? html`<p class="field-error" role="alert">${codeRefusal(problem)}</p>`
        : html`<${Refusal} problem=${problem} fields=${["phone"]} />`
    }
    <span class="row tight">
      <button class="btn btn-quiet" disabled=${busy || !number || !ready}>
        <${Busy} on=${busy} />${t(asked ? "people.save" : "phone.send")}
      </button>
      ${
        me.phone &&
        html`<button type="button" class="btn btn-bare" disabled=${busy} onClick=${remove}>
          ${t("account.phone_remove")}
        </button>`
      }
    </span>
  </form>`;
}
