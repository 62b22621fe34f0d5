/**
 * Stripe's Payment Element. Source: docs.stripe.com/js (Stripe, elements, confirmPayment). A refused card
 * is told in the form and another may be tried; only a settled payment is brought to our server.
 */
import { html, useEffect, useRef, useState } from "../ui.js";
import { t, lang, theme } from "../i18n.js";
import { load } from "./script.js";

const dark = () =>
  theme.value === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme.value === "dark";

/**
 * `onDone()` when Stripe has taken the shopper's word; `onAway(problem)` when its form cannot be had.
 * @param {{ payment: Live.PaymentView, label: string, disabled: boolean, onDone: () => void,
 *   onAway: (problem: Problem) => void }} props
 */
export function Stripe({ payment, label, disabled, onDone, onAway }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const parts = useRef(/** @type {any | null} */ (null));
  const [ready, setReady] = useState(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  useEffect(() => {
    let over = false;
    const mount = async () => {
      const make = await load("https://js.stripe.com/v3/", "Stripe");
      if (over || !place.current) return; // left while it loaded: elements go before effects end
      const { publishable_key, client_secret } = /** @type {ProviderClient} */ (payment.client);
      const stripe = make(publishable_key, { locale: lang.value });
      const elements = stripe.elements({
        clientSecret: client_secret,
        appearance: { theme: dark() ? "night" : "stripe" },
      });
      const form = elements.create("payment");
      form.on("ready", () => setReady(true));
      form.on("loaderror", (/** @type {any} */ event) => onAway(event.error));
      form.mount(place.current);
      parts.current = { stripe, elements };
    };
    mount().catch(onAway);
    return () => (over = true);
  }, [payment.payment_id]);
  const submit = async (/** @type {any} */ event) => {
    event.preventDefault();
    setBusy(true);
    setSaid("");
    const { stripe, elements } = parts.current;
    const confirmParams = { return_url: location.href };
    const { error } = await stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
    setBusy(false);
    if (error) setSaid(error.message ?? t("pay.declined"));
    else onDone();
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${!ready && html`<p class="row" role="status"><span class="spinner" />${t("provider.loading")}</p>`}
    <div ref=${place} />
    ${said && html`<p class="field-error" role="alert">${said}</p>`}
    <button class="btn btn-primary btn-big btn-wide" disabled=${disabled || busy || !ready}>
      ${busy && html`<span class="spinner" />`}
      ${label}
    </button>
  </form>`;
}

/**
 * Whether this address is the way back from a bank's page.
 * @param {string} search
 */
export const cameBack = (search) => new URLSearchParams(search).has("payment_intent");
