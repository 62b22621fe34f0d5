/** The sign-in form, a page of its own and a panel inside the shopper page. */
import { html, useEffect, useRef, useState } from "../ui.js";
import { fieldReason, t, reason } from "../i18n.js";
import { auth, call } from "../api.js";
import { Submit } from "./forms.js";
import { Icon } from "./icons.js";

/** Accounts to try, if the server says that it is a demonstration; else nothing. */
function useDemoAccounts() {
  const [accounts, setAccounts] = useState(/** @type {Rest.AccountAnswer[]} */ ([]));
  useEffect(() => {
    call("GET", "/api/demo").then(
      (answer) => setAccounts(answer.accounts ?? []),
      () => setAccounts([]),
    );
  }, []);
  return accounts;
}

/** @param {{ accounts: { username: string, does: string }[], pick: (account: any) => void }} props */
function Demo({ accounts, pick }) {
  if (!accounts.length) return null;
  return html`<div class="note">
    <${Icon} name="info" />
    <div class="stack-s">
      <p class="small">${t("signin.demo")}</p>
      <div class="demo-accounts">
        ${accounts.map(
          (
            /** @type {any} */ one,
          ) => html`<button key=${one.username} type="button" class="btn btn-quiet" onClick=${() => pick(one)}>
            <span class="code">${one.username}</span>
          </button>`,
        )}
      </div>
    </div>
  </div>`;
}

/**
 * What went wrong, for people: the server's sentence of a field when there is one.
 * @param {Problem} problem
 * @param {boolean} joining
 */
function explain(problem, joining) {
  const fields = Object.keys(problem.errors ?? {}).map((name) => fieldReason(problem, name));
  if (joining && fields.length) return fields.join(" ");
  if (problem.code === "otp_wrong") return t("factor.wrong");
  if (!joining && (problem.status === 401 || problem.status === 400)) return reason({ code: "bad_credentials" });
  return reason(problem);
}

/**
 * The code of an account's second factor; the cursor goes to it, for it is asked for on the way.
 * @param {{ otp: string, onOtp: (otp: string) => void, invalid?: string }} props
 */
export function FactorField({ otp, onOtp, invalid }) {
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => box.current?.focus(), []);
  return html`<div class="field">
    <label for="otp">${t("factor.code")}</label>
    <input
      ref=${box}
      id="otp"
      class="input code"
      autocomplete="one-time-code"
      autocapitalize="none"
      spellcheck=${false}
      maxlength="20"
      dir="ltr"
      aria-invalid=${invalid}
      aria-describedby="otp-hint"
      value=${otp}
      onInput=${(/** @type {Typed} */ e) => onOtp(e.target.value)}
    />
    <p class="small soft" id="otp-hint">${t("factor.hint")}</p>
  </div>`;
}

/**
 * `join`: also offer a new account, for shoppers. `onPhone`: rather with a code by phone.
 * @param {{ title: string, lead: string, onDone: () => void, join?: boolean, onPhone?: (() => void) | null }} props
 */
export function SignIn({ title, lead, onDone, join = false, onPhone = null }) {
  const [joining, setJoining] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const [asked, setAsked] = useState(false);
  const accounts = useDemoAccounts();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await (joining ? auth.register(name.trim(), password) : auth.signIn(name.trim(), password, otp.trim()));
      onDone();
    } catch (refused) {
      setAsked(refused.code === "otp_required" || refused.code === "otp_wrong");
      setOtp("");
      setProblem(refused.code === "otp_required" ? null : refused);
      setBusy(false);
    }
  };
  const turn = () => {
    setJoining(!joining);
    setProblem(null);
  };
  const invalid = problem ? "true" : undefined;
  return html`<form class="card stack signin" onSubmit=${submit} novalidate>
    <div class="stack-s">
      <h1>${joining ? t("register.title") : title}</h1>
      ${lead && html`<p class="soft">${lead}</p>`}
    </div>
    <div class="field">
      <label for="username">${t(joining ? "register.username" : "signin.username")}</label>
      <input
        id="username"
        class="input"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck=${false}
        dir="auto"
        required
        aria-invalid=${invalid}
        value=${name}
        onInput=${(/** @type {Typed} */ e) => setName(e.target.value)}
      />
    </div>
    <div class="field">
      <label for="password">${t("signin.password")}</label>
      <input
        id="password"
        class="input"
        name="password"
        type="password"
        autocomplete=${joining ? "new-password" : "current-password"}
        required
        aria-invalid=${invalid}
        value=${password}
        onInput=${(/** @type {Typed} */ e) => setPassword(e.target.value)}
      />
      ${joining && html`<span class="small soft">${t("register.password")}</span>`}
    </div>
    ${asked && html`<${FactorField} otp=${otp} onOtp=${setOtp} invalid=${invalid} />`}
    ${problem && html`<p class="field-error" role="alert">${explain(problem, joining)}</p>`}
    <${Submit}
      class="btn-primary btn-big btn-wide"
      busy=${busy}
      missing=${[
        !name && t(joining ? "register.username" : "signin.username"),
        !password && t("signin.password"),
        asked && !otp.trim() && t("factor.code"),
      ]}
    >
      ${t(joining ? "register.title" : "signin.submit")}
    <//>
    ${
      join &&
      html`<button type="button" class="btn btn-bare" onClick=${turn}>
        ${t(joining ? "register.back" : "register.open")}
      </button>`
    }
    ${onPhone && html`<button type="button" class="btn btn-bare" onClick=${onPhone}>${t("signin.phone")}</button>`}
    ${!joining && html`<a class="btn btn-bare" href="/reset">${t("signin.forgot")}</a>`}
    ${
      !joining &&
      html`<${Demo}
        accounts=${accounts}
        pick=${(/** @type {{ username: string, password: string }} */ one) => {
          setName(one.username);
          setPassword(one.password);
        }}
      />`
    }
  </form>`;
}
