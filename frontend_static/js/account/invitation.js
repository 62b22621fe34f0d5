/** An invitation to a role: accepted by who is signed in, or by somebody new. */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth, call } from "../api.js";
import { Loading } from "../parts/common.js";
import { LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { DeadEnd, Done } from "./links.js";

/** Who is signed in, or null. @returns {{ known: boolean, me: Rest.MeAnswer | null }} */
function useMe() {
  const [found, setFound] = useState({ known: false, me: /** @type {Rest.MeAnswer | null} */ (null) });
  useEffect(() => {
    if (!auth.signedIn) return setFound({ known: true, me: null });
    auth.call("GET", "/api/me").then(
      (me) => setFound({ known: true, me }),
      () => setFound({ known: true, me: null }),
    );
  }, []);
  return found;
}

/**
 * Who is somebody new.
 * @param {{ username: string, onUsername: (text: string) => void, password: string,
 *   onPassword: (text: string) => void, problem: Problem | null }} props
 */
const NewAccount = ({ username, onUsername, password, onPassword, problem }) => html`
  <${LineField}
    name="username"
    label=${t("register.username")}
    problem=${problem}
    autocomplete="username"
    autocapitalize="none"
    value=${username}
    onValue=${onUsername}
  />
  <${LineField}
    name="password"
    label=${t("signin.password")}
    problem=${problem}
    hint=${t("register.password")}
    type="password"
    autocomplete="new-password"
    value=${password}
    onValue=${onPassword}
  />
`;

/** @param {{ query: URLSearchParams }} props */
export function Invitation({ query }) {
  const token = query.get("token") ?? "";
  const { known, me } = useMe();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState(/** @type {Rest.AcceptAnswer | null} */ (null));
  const { busy, problem, run } = useRequest();
  const here = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const body = { token, ...(me || !username ? {} : { username: username.trim(), password }) };
    const answer = await run(() =>
      me ? auth.call("POST", "/api/invitations/accept", { body }) : call("POST", "/api/invitations/accept", { body }),
    );
    if (!answer) return;
    if (!me) auth.keep(answer);
    setRole(answer);
  };
  if (!known) return html`<${Loading} />`;
  if (role)
    return html`<${Done}
      title=${t("invitation.done")}
      text=${t("invitation.done_text", { role: t(`role.${role.role}`) })}
      href="/#branches"
      label=${t("invitation.go")}
    />`;
  if (problem?.code === "invitation_over") return html`<${DeadEnd} problem=${problem} />`;
  if (problem?.code === "sign_in_first")
    return html`<${DeadEnd} problem=${problem} href=${here} label=${t("signin.title")} />`;
  return html`<form class="card stack signin" onSubmit=${submit} novalidate>
    <div class="stack-s">
      <h1>${t("invitation.title")}</h1>
      <p class="soft">${me ? t("invitation.as", { name: me.username }) : t("invitation.lead")}</p>
    </div>
    ${
      !me &&
      html`<${NewAccount} problem=${problem} username=${username} onUsername=${setUsername}
        password=${password} onPassword=${setPassword} />`
    }
    <${Refusal} problem=${problem} fields=${["username", "password"]} />
    <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!me && !username && t("register.username"), !me && !password && t("signin.password")]}>
      ${t("invitation.accept")}
    <//>
    <a class="btn btn-bare" href=${here}>${t(me ? "home.other_account" : "invitation.have")}</a>
  </form>`;
}
