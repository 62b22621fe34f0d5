/** The shopper page: sign in, take a trolley, shop, give it back. */
import { html, render, useSignal, useEffect } from "../ui.js";
import { t, lang } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, LangSwitch, Loading, OfflineBanner, ThemeSwitch, Toasts } from "../parts/common.js";
import { SignIn } from "../parts/signin.js";
import { ByPhone } from "../account/by-phone.js";
import { WithShop, makeShop, useCheckout, useStore } from "./context.js";
import { Claim, trolleyCode } from "./claim.js";
import { CartView } from "./cart.js";
import { SessionTimer } from "./session-timer.js";
import { Summary } from "./ending.js";
import { Thanks } from "./thanks.js";
import { ReturnQuestion } from "./returning.js";
import { keepAwake } from "../parts/wakelock.js";

/** What the QR that opened the page says: its whole address if it is signed, else the trolley's code. */
function invitation() {
  const match = /^\/t\/([^/]+)\/?$/.exec(location.pathname);
  if (!match) return null;
  return location.search ? location.href : decodeURIComponent(match[1]);
}

function TopBar() {
  const { connection, session, signOut, signedIn } = useStore();
  const now = session.value;
  return html`<header class="topbar">
    <${Brand} short=${signedIn.value} />
    ${
      now &&
      html`<div class="holding">
        <strong class="code">${now.trolley_id}</strong>
        <span class="small soft">${t("holding", { n: now.cart_number })}</span>
      </div>`
    }
    <span class="push row tight">
      <${LangSwitch} />
      ${!now && html`<${ThemeSwitch} />`}
      ${
        signedIn.value &&
        !now &&
        html`<a class="btn btn-icon btn-bare" href="/orders" aria-label=${t("orders.title")} title=${t("orders.title")}>
          <${Icon} name="receipt" />
        </a>`
      }
      ${
        signedIn.value &&
        !now &&
        html`<a
          class="btn btn-icon btn-bare"
          href="/account"
          aria-label=${t("account.title")}
          title=${t("account.title")}
        >
          <${Icon} name="person" />
        </a>`
      }
      ${
        signedIn.value &&
        !now &&
        html`<button
          type="button"
          class="btn btn-icon btn-bare"
          aria-label=${t("signout")}
          title=${t("signout")}
          onClick=${signOut}
        >
          <${Icon} name="signout" flips />
        </button>`
      }
      ${now && connection.value !== "open" && html`<${SessionTimer} session=${now} />`}
    </span>
  </header>`;
}

/**
 * By phone, and then the trolley whose code opened the page is theirs; or with a password.
 * @param {{ invited: Signal<string | null> }} props
 */
function Entry({ invited }) {
  const { claim, start } = useStore();
  const password = useSignal(false);
  const lead = t(invited.value ? "signin.lead_trolley" : "signin.lead");
  const takeIt = () => {
    start();
    if (invited.value) claim(invited.value);
  };
  return html`<main class="claim" id="main">
    ${
      password.value
        ? html`<${SignIn}
            title=${t("signin.title")}
            lead=${lead}
            onDone=${start}
            onPhone=${() => (password.value = false)}
            join
          />`
        : html`<${ByPhone}
            lead=${t(invited.value ? "phone.lead_trolley" : "phone.lead")}
            trolley=${invited.value && trolleyCode(invited.value)}
            onDone=${takeIt}
            onPassword=${() => (password.value = true)}
          />`
    }
  </main>`;
}

/** @param {{ invited: Signal<string | null> }} props */
function Body({ invited }) {
  const { cart, claimProblem, session, sessionTopic, signedIn, summary } = useStore();
  const { bought } = useCheckout();
  if (!signedIn.value) return html`<${Entry} invited=${invited} />`;
  if (!cart.value || !sessionTopic.value)
    return html`<main class="claim" id="main"><${Loading} text=${t("connecting")} /></main>`;
  if (bought.value) return html`<${Thanks} />`;
  if (session.value) return html`<${CartView} />`;
  if (summary.value) return html`<${Summary} />`;
  const other = () => {
    invited.value = null;
    claimProblem.value = null;
    history.replaceState(null, "", "/shop");
  };
  return html`<main class="claim-page" id="main"><${Claim} invited=${invited.value} onOther=${other} /></main>`;
}

function App() {
  const { connection, session, start } = useStore();
  const invited = useSignal(invitation());
  useEffect(() => {
    if (auth.signedIn) start();
  }, []);
  const holding = session.value?.session_id;
  useEffect(() => {
    keepAwake(Boolean(holding));
    if (!holding) return;
    invited.value = null; // a reload later must not offer the same trolley again
    history.replaceState(null, "", "/shop");
  }, [holding]);
  useEffect(() => {
    document.title = t("title.shop");
  }, [lang.value]);
  return html`
    <${TopBar} />
    <${OfflineBanner} state=${connection.value} />
    <${ReturnQuestion} />
    <${Body} invited=${invited} />
    <${Toasts} />
  `;
}

render(html`<${WithShop} shop=${makeShop()}><${App} /><//>`, document.body);
