/** Paying at the till: the shopper shows a code, a cashier does the rest. */
import { html } from "../../ui.js";
import { t } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { Qr } from "../../parts/qr.js";
import { useCheckout } from "../context.js";
import { present } from "../../present.js";

/** The code, while the payment at the till waits. */
export function AtTheTill() {
  const { payment } = useCheckout();
  const { code } = /** @type {{ code?: string }} */ (present(payment.value).client);
  if (!code) return null;
  return html`<div class="pass">
    <p>${t("pay.till_text")}</p>
    <${Qr} text=${code} label=${t("pay.till_qr", { code })} class="pass-qr" />
    <strong class="code">${code}</strong>
  </div>`;
}

/**
 * The way to it, beside the others.
 * @param {{ away: boolean }} props
 */
export function PayAtTill({ away }) {
  const { asking, methods, payAtTill } = useCheckout();
  if (!methods.value?.till) return null;
  return html`<button
    type="button"
    class="btn btn-quiet btn-big btn-wide"
    disabled=${away || asking.value !== null}
    onClick=${payAtTill}
  >
    <${Icon} name="store" />
    ${t("pay.till")}
  </button>`;
}
