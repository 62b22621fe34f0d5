/** The sign-in page; goes on to `next`, an address of this site, or to where the account works. */
import { html, render, useEffect, useState } from "./ui.js";
import { t, lang, reason } from "./i18n.js";
import { auth } from "./api.js";
import { landingOf } from "./frame/places.js";
import { isAdmin, safeNext } from "./next.js";
import { Brand, LangSwitch, ThemeSwitch, Toasts } from "./parts/common.js";
import { Icon } from "./parts/icons.js";
import { SignIn } from "./parts/signin.js";

function Login() {
  useEffect(() => {
    document.title = t("title.login");
  }, [lang.value]);
  const query = new URLSearchParams(location.search);
  const next = safeNext(location.search, location.origin);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const goOn = async () => {
    const home = () => auth.call("GET", "/api/me").then(landingOf, () => "/");
    try {
      if (isAdmin(next)) await auth.call("POST", "/api/auth/admin");
      location.replace(query.has("next") ? next : await home());
    } catch (refused) {
      if (refused.code !== "signed_out") setProblem(refused);
    }
  };
  useEffect(() => {
    // Only where a link of ours said so: a browser that keeps no cookie would go round in circles.
    if (query.get("as") === "me" && auth.signedIn) goOn();
  }, []);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="claim stack" id="main">
      ${problem && html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`}
      <${SignIn}
        key=${problem}
        title=${t("signin.title")}
        lead=${t(next.startsWith("/branch") || isAdmin(next) ? "signin.lead_branch" : "signin.lead")}
        onDone=${goOn}
      />
    </main>
    <${Toasts} />
  `;
}

render(html`<${Login} />`, document.body);
