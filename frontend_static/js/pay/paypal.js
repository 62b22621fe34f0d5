/**
 * PayPal's own page, to which this one leads: nothing of PayPal runs here. The payer comes back to this page,
 * and our server takes the money. Source: developer.paypal.com/docs/api/orders/v2 (payer-action, return_url).
 */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Problem } from "../problem.js";

/**
 * As stripe.js; `onAway(problem)` when nobody has told where PayPal's page is.
 * @param {{ payment: Live.PaymentView, label: string, disabled: boolean, onDone: () => void,
 *   onAway: (problem: Problem) => void }} props
 */
export function PayPal({ payment, label, disabled, onAway }) {
  const [busy, setBusy] = useState(false);
  const leave = () => {
    const { approve_url } = /** @type {ProviderClient} */ (payment.client ?? {});
    if (!approve_url) return onAway(new Problem({ code: "provider_away" }));
    setBusy(true);
    location.assign(approve_url);
  };
  return html`<div class="stack">
    <p class="soft">${t("provider.paypal")}</p>
    <button type="button" class="btn btn-primary btn-big btn-wide" disabled=${disabled || busy} onClick=${leave}>
      ${busy && html`<span class="spinner" />`}
      ${label}
    </button>
  </div>`;
}

/**
 * Whether this address is the way back from PayPal's page, on which the payer has approved.
 * @param {string} search
 */
export const cameBackFromPayPal = (search) => new URLSearchParams(search).has("approved");
