/** A dispute of the buyer's bank, in words. */
import { html } from "../ui.js";
import { t, lang, dayAndTime, money } from "../i18n.js";
import { translate } from "../messages.js";
import { Icon } from "../parts/icons.js";

/**
 * Why the bank asks, by the provider's code; a code that nobody has put into words is shown as it is.
 * @param {string} code
 */
export function disputeReason(code) {
  return translate(lang.value, `dispute.reason.${code}`, {}, null) ?? html`<bdi>${code.replaceAll("_", " ")}</bdi>`;
}

/** @param {{ order: Rest.OrderAnswer, zone: string }} props */
export function Dispute({ order, zone }) {
  const { dispute } = order;
  if (!dispute) return null;
  const urgent = dispute.status === "needs_response";
  return html`<p class=${`note ${urgent ? "note-danger" : ""}`} role=${urgent ? "alert" : null}>
    <${Icon} name=${dispute.status === "won" ? "check" : "alert"} />
    <span>
      <strong>${t(`dispute.${dispute.status}`, { amount: money(dispute.amount, order.currency) })}</strong>
      <br />
      <span class="small">${disputeReason(dispute.reason)}</span>
      ${
        dispute.due_by &&
        html`<br /><span class="small num">${t("dispute.due_by", { when: dayAndTime(dispute.due_by, zone) })}</span>`
      }
    </span>
  </p>`;
}
