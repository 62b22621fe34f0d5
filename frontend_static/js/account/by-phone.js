/** The way in with nothing but a phone: its number, then the code that comes. A reload on the way loses neither. */
import { html, useEffect, useRef, useState } from "../ui.js";
import { t, reason } from "../i18n.js";
import { auth } from "../api.js";
import { readStored, writeStored } from "../storage.js";
import { serverNow } from "../clock.js";
import { Field, Refusal, Submit, useRequest } from "../parts/forms.js";
import { FactorField } from "../parts/signin.js";

const KEPT = "st.code";
const DIGITS = 6;

/** The number to which a code is on its way, or "". */
function numberAsked() {
  try {
    const { phone, until } = JSON.parse(readStored(KEPT) ?? "{}");
    return until > serverNow() ? phone : "";
  } catch {
    return "";
  }
}

/**
 * Note to which number a code is on its way, and for how many seconds it is good; null: none.
 * @param {string | null} phone
 * @param {number} seconds
 */
function noteNumber(phone, seconds) {
  writeStored(KEPT, phone && JSON.stringify({ phone, until: serverNow() + seconds * 1000 }));
}

/**
 * Call `found` with the code of the message, where the browser reads it for us (WebOTP).
 * @param {(code: string) => void} found
 */
function useMessage(found) {
  useEffect(() => {
    if (!("OTPCredential" in globalThis)) return;
    const over = new AbortController();
    /** @type {any} */ (navigator.credentials)
      .get({ otp: { transport: ["sms"] }, signal: over.signal })
      .then((/** @type {any} */ message) => message && found(message.code))
      .catch((/** @type {any} */ error) => console.debug("no code was read:", error.name));
    return () => over.abort();
  }, []);
}

/** @param {{ lead: string, busy: boolean, problem: Problem | null, onNumber: (phone: string) => void }} props */
function PhoneNumber({ lead, busy, problem, onNumber }) {
  const [phone, setPhone] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onNumber(phone.trim());
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <div class="stack-s">
      <h1>${t("phone.title")}</h1>
      <p class="soft">${lead}</p>
    </div>
    <${Field} name="phone" label=${t("phone.number")} problem=${problem}>
      ${(/** @type {Record<string, unknown>} */ more) =>
        html`<input
          ...${more}
          class="input code"
          type="tel"
          autocomplete="tel"
          placeholder="+91 98123 45678"
          dir="ltr"
          value=${phone}
          onInput=${(/** @type {Typed} */ e) => setPhone(e.target.value)}
        />`}
    <//>
    <${Refusal} problem=${problem} fields=${["phone"]} />
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!phone.trim() && t("phone.number")]}>
      ${t("phone.send")}
    <//>
  </form>`;
}

/**
 * What is wrong with the code, with the tries that are left.
 * @param {Problem & { tries_left?: number }} problem
 */
function codeRefusal(problem) {
  if (problem.code === "otp_wrong" && (problem.tries_left ?? 0) > 0) return t("phone.wrong", { n: problem.tries_left });
  return ["otp_wrong", "otp_expired"].includes(problem.code) ? t("phone.expired") : reason(problem);
}

/**
 * What is refused where a code may be asked for too: of the code, or of no field that is on the form.
 * @param {{ problem: Problem | null, fields: string[] }} props
 */
export function CodeRefusal({ problem, fields }) {
  if (!problem?.code.startsWith("otp_")) return html`<${Refusal} problem=${problem} fields=${fields} />`;
  return html`<p class="field-error" role="alert">${codeRefusal(problem)}</p>`;
}

/**
 * @param {{ phone: string, busy: boolean, problem: Problem | null, onCode: (text: string) => void,
 *   onAgain: () => void, onOther: () => void }} props
 */
function Code({ phone, busy, problem, onCode, onAgain, onOther }) {
  const [code, setCode] = useState("");
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const typed = (/** @type {string} */ text) => {
    const digits = text.replace(/\D/g, "").slice(0, DIGITS);
    setCode(digits);
    if (digits.length === DIGITS) onCode(digits);
  };
  useMessage(typed);
  useEffect(() => {
    box.current?.focus();
    if (problem) setCode("");
  }, [problem]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onCode(code);
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <div class="stack-s">
      <h1>${t("phone.code_title")}</h1>
      <p class="soft">${t("phone.code_lead")} <bdi class="code">${phone}</bdi></p>
    </div>
    <div class="field">
      <label for="code">${t("phone.code")}</label>
      <input
        ref=${box}
        id="code"
        class="input code digits"
        inputmode="numeric"
        autocomplete="one-time-code"
        maxlength=${DIGITS}
        dir="ltr"
        aria-invalid=${problem ? "true" : undefined}
        aria-describedby=${problem ? "code-error" : undefined}
        value=${code}
        onInput=${(/** @type {Typed} */ e) => typed(e.target.value)}
      />
      ${problem && html`<p class="field-error" id="code-error" role="alert">${codeRefusal(problem)}</p>`}
    </div>
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[code.length !== DIGITS && t("phone.code")]}>
      ${t("phone.enter")}
    <//>
    <div class="stack-s">
      <button type="button" class="btn btn-bare" disabled=${busy} onClick=${onAgain}>${t("phone.again")}</button>
      <button type="button" class="btn btn-bare" disabled=${busy} onClick=${onOther}>${t("phone.other")}</button>
    </div>
  </form>`;
}

/**
 * An account with a second factor: its code, once the phone's own has come.
 * @param {{ busy: boolean, problem: Problem | null, onCode: (otp: string) => void, onBack: () => void }} props
 */
function Factor({ busy, problem, onCode, onBack }) {
  const [otp, setOtp] = useState("");
  const refused = problem && problem.code !== "otp_required" ? problem : null;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onCode(otp.trim());
    setOtp("");
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <h1>${t("factor.title")}</h1>
    <${FactorField} otp=${otp} onOtp=${setOtp} invalid=${refused ? "true" : undefined} />
    ${refused && html`<p class="field-error" role="alert">${factorRefusal(refused)}</p>`}
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!otp.trim() && t("factor.code")]}>
      ${t("phone.enter")}
    <//>
    <button type="button" class="btn btn-bare" disabled=${busy} onClick=${onBack}>${t("cancel")}</button>
  </form>`;
}

/** @param {Problem} problem */
const factorRefusal = (problem) => (problem.code === "otp_wrong" ? t("factor.wrong") : codeRefusal(problem));

/**
 * `lead`: why to sign in. `trolley`: the one that somebody stands before; national numbers are of its country.
 * `onDone`: signed in. `onPassword`: rather with a password.
 * @param {{ lead: string, trolley: string | null, onDone: () => void, onPassword: () => void }} props
 */
export function ByPhone({ lead, trolley, onDone, onPassword }) {
  const [phone, setPhone] = useState(numberAsked);
  const [waiting, setWaiting] = useState(""); // the phone's code, while that of the second factor is asked for
  const { busy, problem, run } = useRequest();
  const ask = (/** @type {string} */ number) =>
    run(async () => {
      const { expires_in } = await auth.askCode(number, trolley);
      noteNumber(number, expires_in);
      setPhone(number);
    });
  const enter = (/** @type {string} */ code, otp = "") =>
    run(async () => {
      await auth.enterByCode(phone, code, trolley, otp).catch((refused) => {
        if (refused.code === "otp_required") setWaiting(code);
        throw refused;
      });
      noteNumber(null, 0);
      onDone();
    });
  const other = () => {
    noteNumber(null, 0);
    setPhone("");
  };
  if (waiting)
    return html`<section class="card stack signin">
      <${Factor}
        busy=${busy}
        problem=${problem}
        onCode=${(/** @type {string} */ otp) => enter(waiting, otp)}
        onBack=${() => {
          setWaiting("");
          other();
        }}
      />
    </section>`;
  return html`<section class="card stack signin">
    ${
      phone
        ? html`<${Code}
            phone=${phone}
            busy=${busy}
            problem=${problem}
            onCode=${enter}
            onAgain=${() => ask(phone)}
            onOther=${other}
          />`
        : html`<${PhoneNumber} lead=${lead} busy=${busy} problem=${problem} onNumber=${ask} />`
    }
    <button type="button" class="btn btn-bare" onClick=${onPassword}>${t("phone.password")}</button>
  </section>`;
}
