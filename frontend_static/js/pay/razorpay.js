/** Razorpay's Standard Checkout, a window of its own above the page. Source: razorpay.com/docs, web integration. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { load } from "./script.js";

/**
 * As stripe.js. The window lets the shopper try again by itself; closing it changes nothing.
 * @param {{ payment: Live.PaymentView, label: string, disabled: boolean, onDone: () => void,
 *   onAway: (problem: Problem) => void }} props
 */
export function Razorpay({ payment, label, disabled, onDone, onAway }) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const open = async () => {
    setBusy(true);
    setSaid("");
    try {
      const Checkout = await load("https://checkout.razorpay.com/v1/checkout.js", "Razorpay");
      const { key_id, order_id } = /** @type {ProviderClient} */ (payment.client);
      const checkout = new Checkout({
        key: key_id,
        order_id,
        name: t("app.name"),
        theme: { color: "#0b5b49" },
        handler: onDone,
        modal: { ondismiss: () => setBusy(false) },
      });
      checkout.on("payment.failed", (/** @type {any} */ answer) =>
        setSaid(answer.error?.description ?? t("pay.declined")),
      );
      checkout.open();
    } catch (problem) {
      setBusy(false);
      onAway(problem);
    }
  };
  return html`<div class="stack">
    ${said && html`<p class="field-error" role="alert">${said}</p>`}
    <button type="button" class="btn btn-primary btn-big btn-wide" disabled=${disabled || busy} onClick=${open}>
      ${busy && html`<span class="spinner" />`}
      ${label}
    </button>
  </div>`;
}
