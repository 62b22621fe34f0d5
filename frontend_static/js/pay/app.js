/**
 * The page on which a provider's own form is shown, and no other: its policy lets in that provider's
 * scripts, which the shopper's page never loads. It knows /pay/<provider>/<payment id>, keeps the
 * session alive while somebody types a card's number, and goes back to the shop when all is said.
 */
import { html, render, useEffect, useState } from "../ui.js";
import { t, lang, money, reason } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, LangSwitch, Loading, OfflineBanner, Toasts } from "../parts/common.js";
import { WithShop, makeShop, useCheckout, useStore } from "../shop/context.js";
import { Countdown } from "../shop/countdown.js";
import { Stripe, cameBack } from "./stripe.js";
import { Razorpay } from "./razorpay.js";
import { PayPal, cameBackFromPayPal } from "./paypal.js";
import { present } from "../present.js";

/** @type {Record<string, typeof Stripe>} */
const FORMS = { stripe: Stripe, razorpay: Razorpay, paypal: PayPal };
const [, , , payment_id] = location.pathname.split("/");

const toShop = () => location.replace("/shop");

function Form() {
  const { connection } = useStore();
  const { confirm, payment } = useCheckout();
  const [away, setAway] = useState(/** @type {Problem | null} */ (null));
  const [sent, setSent] = useState(cameBack(location.search) || cameBackFromPayPal(location.search));
  const now = payment.value;
  const done = async () => {
    setSent(true);
    try {
      await confirm(payment_id, {});
    } catch (problem) {
      console.info("confirm:", problem.code); // the shop page asks again
    }
    toShop();
  };
  useEffect(() => {
    if (sent) done();
  }, []);
  if (sent) return html`<${Loading} text=${t("pay.paying")} />`;
  const Provider = FORMS[present(now).provider];
  if (away) {
    return html`<div class="stack">
      <p class="note note-danger" role="alert"><${Icon} name="alert" /><span>${reason(away)}</span></p>
      <button type="button" class="btn btn-primary btn-big btn-wide" onClick=${() => location.reload()}>
        ${t("retry")}
      </button>
    </div>`;
  }
  const { amount, currency } = present(now);
  const label = t("pay.do", { total: money(amount, currency) });
  return html`<${Provider}
    payment=${now}
    label=${label}
    disabled=${connection.value !== "open"}
    onDone=${done}
    onAway=${setAway}
  />`;
}

function Body() {
  const { cart } = useStore();
  const { bought, payment, stage } = useCheckout();
  const now = stage.value;
  const mine = payment.value?.payment_id === payment_id && cart.value?.checkout;
  useEffect(() => {
    if (cart.value && (bought.value || !["with_provider", "resuming", "paying"].includes(now))) toShop();
  }, [now, bought.value, Boolean(cart.value)]);
  if (!mine || now !== "with_provider")
    return html`<main class="claim" id="main">
      <h1 class="visually-hidden">${t("pay.title")}</h1>
      <${Loading} text=${t("pay.resuming")} />
    </main>`;
  return html`<main class="claim stack" id="main">
    <section class="card stack">
      <h1>${t("pay.title")}</h1>
      <${Countdown} until=${present(cart.value?.checkout).expires_at} />
      <div class="label label-pay">
        <span class="label-word">${t("pay.to_pay")}</span>
        <span class="label-sum num">${money(payment.value?.amount, payment.value?.currency)}</span>
      </div>
      <${Form} />
      <a class="btn btn-quiet btn-big btn-wide" href="/shop">${t("provider.back")}</a>
    </section>
  </main>`;
}

function App() {
  const { connection, start } = useStore();
  useEffect(() => {
    if (auth.signedIn) start();
    else toShop();
  }, []);
  useEffect(() => {
    document.title = t("title.shop");
  }, [lang.value]);
  return html`
    <header class="topbar"><${Brand} href="/shop" /><span class="push"><${LangSwitch} /></span></header>
    <${OfflineBanner} state=${connection.value} />
    <${Body} />
    <${Toasts} />
  `;
}

render(html`<${WithShop} shop=${makeShop()}><${App} /><//>`, document.body);
