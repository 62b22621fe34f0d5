/** The pages of one's account, and of the links in our mail; which one is in the address. */
import { html, render, useEffect } from "../ui.js";
import { t, lang } from "../i18n.js";
import { Brand, LangSwitch, ThemeSwitch, Toasts } from "../parts/common.js";
import { Confirm, Reset } from "./links.js";
import { Invitation } from "./invitation.js";
import { Me } from "./me.js";

/** @type {Record<string, any>} */
const PAGES = { reset: Reset, confirm: Confirm, invitation: Invitation, account: Me };

function App() {
  const name = location.pathname.split("/")[1];
  useEffect(() => {
    document.title = t(`title.${name}`);
  }, [lang.value]);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="claim" id="main"><${PAGES[name]} query=${new URLSearchParams(location.search)} /></main>
    <${Toasts} />
  `;
}

render(html`<${App} />`, document.body);
