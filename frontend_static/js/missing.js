/** What people see at an address where there is nothing: what that means, and where to go. */
import { html, render, useEffect } from "./ui.js";
import { t, lang } from "./i18n.js";
import { Icon } from "./parts/icons.js";
import { Brand, LangSwitch, ThemeSwitch } from "./parts/common.js";

/** @param {{ href: string, icon: string, title: string, text: string }} props */
function Way({ href, icon, title, text }) {
  return html`<a class="choice" href=${href}>
    <${Icon} name=${icon} />
    <span><strong>${title}</strong><span>${text}</span></span>
    <${Icon} name="arrow" flips />
  </a>`;
}

function Missing() {
  useEffect(() => {
    document.title = t("title.missing");
  }, [lang.value]);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="home stack" id="main">
      <h1>${t("missing.title")}</h1>
      <p>${t("missing.text")} <span class="code">${location.pathname.slice(0, 80)}</span></p>
      <${Way} href="/" icon="store" title=${t("missing.home")} text=${t("missing.home_text")} />
      <${Way} href="/shop" icon="trolley" title=${t("home.shop")} text=${t("home.shop_text")} />
      <${Way} href="/orders" icon="bag" title=${t("missing.orders")} text=${t("missing.orders_text")} />
    </main>
  `;
}

render(html`<${Missing} />`, document.body);
