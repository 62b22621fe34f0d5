/** What the links in our mail lead to: a new password, and an address that is confirmed. */
import { html, useEffect, useState } from "../ui.js";
import { t, reason } from "../i18n.js";
import { call } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Loading } from "../parts/common.js";
import { LineField, Refusal, Submit, useRequest } from "../parts/forms.js";

const language = () => document.documentElement.lang;

/**
 * Said when all is done, with the way on.
 * @param {{ title: string, text: string, href?: string, label?: string }} props
 */
export function Done({ title, text, href, label }) {
  return html`<section class="card stack signin" role="status">
    <div class="stack-s">
      <h1>${title}</h1>
      <p class="soft">${text}</p>
    </div>
    ${href && html`<a class="btn btn-primary btn-big btn-wide" href=${href}>${label}</a>`}
  </section>`;
}

/**
 * A refusal that nothing on this page helps against.
 * @param {{ problem: Problem, href?: string, label?: string }} props
 */
export function DeadEnd({ problem, href, label }) {
  return html`<section class="card stack signin">
    <h1>${t("link.over")}</h1>
    <div class="note note-danger" role="alert"><${Icon} name="alert" /><p>${reason(problem)}</p></div>
    ${href && html`<a class="btn btn-quiet btn-wide" href=${href}>${label}</a>`}
  </section>`;
}

/** @param {{ given: string }} props */
function AskReset({ given }) {
  const [email, setEmail] = useState(given);
  const [asked, setAsked] = useState(false);
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = { email: email.trim(), language: language() };
    if (await run(() => call("POST", "/api/auth/password/reset", { body }))) setAsked(true);
  };
  if (asked) return html`<${Done} title=${t("reset.asked")} text=${t("reset.asked_text", { email })} />`;
  return html`<form class="card stack signin" onSubmit=${submit} novalidate>
    <div class="stack-s">
      <h1>${t("reset.title")}</h1>
      <p class="soft">${t("reset.lead")}</p>
    </div>
    <${LineField}
      name="email"
      label=${t("reset.email")}
      problem=${problem}
      type="email"
      autocomplete="email"
      dir="ltr"
      value=${email}
      onValue=${setEmail}
    />
    <${Refusal} problem=${problem} fields=${["email"]} />
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!email.trim() && t("reset.email")]}>
      ${t("reset.send")}
    <//>
  </form>`;
}

/** @param {{ token: string }} props */
function ChoosePassword({ token }) {
  const [password, setPassword] = useState("");
  const [chosen, setChosen] = useState(false);
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(() => call("POST", "/api/auth/password/reset/confirm", { body: { token, password } })))
      setChosen(true);
  };
  if (chosen)
    return html`<${Done}
      title=${t("reset.done")}
      text=${t("reset.done_text")}
      href="/login"
      label=${t("signin.title")}
    />`;
  if (problem?.code === "token_invalid")
    return html`<${DeadEnd} problem=${problem} href="/reset" label=${t("reset.new_link")} />`;
  return html`<form class="card stack signin" onSubmit=${submit} novalidate>
    <h1>${t("reset.choose")}</h1>
    <${LineField}
      name="password"
      label=${t("reset.password")}
      problem=${problem}
      hint=${t("register.password")}
      type="password"
      autocomplete="new-password"
      value=${password}
      onValue=${setPassword}
    />
    <${Refusal} problem=${problem} fields=${["password"]} />
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!password && t("reset.password")]}>
      ${t("reset.choose")}
    <//>
  </form>`;
}

/** @param {{ query: URLSearchParams }} props */
export function Reset({ query }) {
  const token = query.get("token");
  return token ? html`<${ChoosePassword} token=${token} />` : html`<${AskReset} given=${query.get("email") ?? ""} />`;
}

/**
 * Confirms as soon as it is opened: who followed the link has the mail.
 * @param {{ query: URLSearchParams }} props
 */
export function Confirm({ query }) {
  const [email, setEmail] = useState("");
  const { problem, run } = useRequest();
  useEffect(() => {
    run(() => call("POST", "/api/auth/email/confirm", { body: { token: query.get("token") ?? "" } })).then(
      (answer) => answer && setEmail(answer.email),
    );
  }, []);
  if (problem) return html`<${DeadEnd} problem=${problem} href="/" label=${t("missing.home")} />`;
  if (!email) return html`<${Loading} />`;
  return html`<${Done}
    title=${t("confirm.done")}
    text=${t("confirm.done_text", { email })}
    href="/"
    label=${t("missing.home")}
  />`;
}
