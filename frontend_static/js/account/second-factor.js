/** The second factor of one's account: an app that gives codes, and recovery codes for the day it is lost. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { toast } from "../parts/common.js";
import { Busy, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";

const PATH = "/api/me/totp";

/** @param {string} text */
const copy = (text) =>
  navigator.clipboard.writeText(text).then(
    () => toast(t("copied")),
    () => toast(t("copy.failed"), { bad: true }),
  );

/**
 * A code, and what is ordered with it.
 * @param {{ label: string, text: string, order: (otp: string) => Promise<any>, onDone: (answer: any) => void,
 *   onCancel: () => void, bad?: boolean }} props
 */
function WithCode({ label, text, order, onDone, onCancel, bad = false }) {
  const [otp, setOtp] = useState("");
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const answer = await run(() => order(otp.trim()));
    if (answer) onDone(answer);
    else setOtp("");
  };
  return html`<form class="stack-s" onSubmit=${submit} novalidate>
    <p>${text}</p>
    <${LineField}
      name="otp"
      label=${t("factor.code")}
      problem=${problem}
      autocomplete="one-time-code"
      dir="ltr"
      value=${otp}
      onValue=${setOtp}
    />
    <${Refusal} problem=${problem} fields=${["otp"]} />
    <${Submit}
      class=${bad ? "btn-danger" : "btn-primary"}
      busy=${busy}
      missing=${[otp.trim().length < 6 && t("factor.code")]}
    >
      ${label}
    <//>
    <button type="button" class="btn btn-bare" disabled=${busy} onClick=${onCancel}>${t("cancel")}</button>
  </form>`;
}

/** What the app is told by its camera or by hand. @param {{ enrolment: Rest.EnrolmentAnswer }} props */
const Enrolment = ({ enrolment }) => html`<div class="stack-s enrolment">
  <img
    src=${`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`}
    alt=${t("factor.qr")}
    width="196"
    height="196"
  />
  <p class="small soft">${t("factor.by_hand")}</p>
  <p class="code secret" dir="ltr" tabindex="0">${enrolment.secret}</p>
</div>`;

/** The recovery codes, which nobody will see again. @param {{ codes: string[], onClose: () => void }} props */
const RecoveryCodes = ({ codes, onClose }) => html`<div class="stack" role="status">
  <p>${t("factor.codes_text")}</p>
  <ul class="code secret recovery-codes" dir="ltr" tabindex="0">
    ${codes.map((one) => html`<li key=${one}>${one}</li>`)}
  </ul>
  <span class="row tight">
    <button type="button" class="btn btn-quiet" onClick=${() => copy(codes.join("\n"))}>
      <${Icon} name="copy" />${t("copy")}
    </button>
    <button type="button" class="btn btn-primary" onClick=${onClose}>${t("factor.kept")}</button>
  </span>
</div>`;

/** @param {{ me: Rest.MeAnswer, onChanged: (on: boolean) => void }} props */
export function SecondFactor({ me, onChanged }) {
  const on = me.factors.includes("totp");
  const [enrolment, setEnrolment] = useState(/** @type {Rest.EnrolmentAnswer | null} */ (null));
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  const [doing, setDoing] = useState(/** @type {"renew" | "remove" | null} */ (null));
  const { busy, problem, run } = useRequest();
  const begin = async () => setEnrolment(await run(() => auth.call("POST", PATH)));
  const close = () => setDoing(null);
  if (codes) return html`<${RecoveryCodes} codes=${codes} onClose=${() => setCodes(null)} />`;
  if (enrolment)
    return html`<p>${t("factor.scan")}</p>
      <${Enrolment} enrolment=${enrolment} />
      <${WithCode}
        text=${t("factor.confirm_text")}
        label=${t("factor.turn_on")}
        order=${(/** @type {string} */ otp) => auth.call("POST", `${PATH}/confirm`, { body: { otp } })}
        onCancel=${() => setEnrolment(null)}
        onDone=${(/** @type {Rest.CodesAnswer} */ answer) => {
          setEnrolment(null);
          setCodes(answer.recovery_codes);
          onChanged(true);
        }}
      />`;
  if (doing === "renew")
    return html`<${WithCode}
      text=${t("factor.renew_text")}
      label=${t("factor.renew")}
      order=${(/** @type {string} */ otp) => auth.call("POST", `${PATH}/recovery-codes`, { body: { otp } })}
      onCancel=${close}
      onDone=${(/** @type {Rest.CodesAnswer} */ answer) => {
        close();
        setCodes(answer.recovery_codes);
      }}
    />`;
  if (doing === "remove")
    return html`<${WithCode}
      bad
      text=${t("factor.remove_text")}
      label=${t("factor.turn_off")}
      order=${(/** @type {string} */ otp) => auth.call("DELETE", PATH, { body: { otp } })}
      onCancel=${close}
      onDone=${() => {
        close();
        onChanged(false);
      }}
    />`;
  return html`
    <p class="soft">${t(on ? "factor.on" : "factor.off")}</p>
    <${Refusal} problem=${problem} />
    <span class="row tight">
      ${
        on
          ? html`<button type="button" class="btn btn-quiet" onClick=${() => setDoing("renew")}>${t("factor.renew")}</button>
              <button type="button" class="btn btn-bare" onClick=${() => setDoing("remove")}>
                ${t("factor.turn_off")}
              </button>`
          : html`<button type="button" class="btn btn-quiet" disabled=${busy} onClick=${begin}>
              <${Busy} on=${busy} />${t("factor.begin")}
            </button>`
      }
    </span>
  `;
}
