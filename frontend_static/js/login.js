/** The sign-in page; goes on to `next`, an address of this site, or to where the account works. */
import { html, render, useEffect } from "./ui.js";
import { t, lang } from "./i18n.js";
import { auth } from "./api.js";
import { landingOf } from "./frame/places.js";
import { safeNext } from "./next.js";
import { Brand, LangSwitch, ThemeSwitch, Toasts } from "./parts/common.js";
import { SignIn } from "./parts/signin.js";

function Login() {
  useEffect(() => {
    document.title = t("title.login");
  }, [lang.value]);
  const next = safeNext(location.search, location.origin);
  const goOn = async () => {
    const asked = new URLSearchParams(location.search).has("next");
    const home = () => auth.call("GET", "/api/me").then(landingOf, () => "/");
    location.replace(asked ? next : await home());
  };
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="claim" id="main">
      <${SignIn}
        title=${t("signin.title")}
        lead=${t(next.startsWith("/branch") ? "signin.lead_branch" : "signin.lead")}
        onDone=${goOn}
      />
    </main>
    <${Toasts} />
  `;
}

render(html`<${Login} />`, document.body);
