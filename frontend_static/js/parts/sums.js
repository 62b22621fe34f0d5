/** What comes between the lines of a cart or an order and its total, and what of the total is tax. */
import { html } from "../ui.js";
import { t, money, number } from "../i18n.js";

/**
 * @typedef {{ name: string, amount: number }} Saving
 * @typedef {{ name: string, rate: number, tax: number }} Tax
 * @typedef {{ item_id: string, name: string, line_total: number }} Deposit
 * @typedef {{ item_id: string, units: number, amount: number }} Part
 * @typedef {{ id: string, name: string, items: readonly Part[] }} Promoted
 * @typedef {{ id: string, name: string, units: number, amount: number }} LinePromotion
 * @typedef {{ subtotal: number, savings: readonly Saving[], deposits: readonly Deposit[], taxes: readonly Tax[],
 *   tax_included: boolean, rounding: number }} Amounts
 */

/**
 * A rule of a price's trace in words: "base", "variant:5 kg", "tier:GOLD", "voucher:CODE", "quantity:10".
 * @param {string} rule
 */
export function ruleOf(rule) {
  const [kind, ...rest] = rule.split(":");
  return t(`rule.${kind}`, { what: rest.join(":") });
}

/**
 * What promotions take off each line, by its id.
 * @param {readonly Promoted[]} promotions
 */
export function byLine(promotions) {
  /** @type {Record<string, LinePromotion[]>} */
  const found = {};
  for (const { id, name, items } of promotions)
    for (const { item_id, units, amount } of items) (found[item_id] ??= []).push({ id, name, units, amount });
  return found;
}

/**
 * Which promotions a line has a share of, and how much.
 * @param {{ promotions: readonly LinePromotion[] | undefined, currency: string }} props
 */
export const LinePromotions = ({ promotions = [], currency }) =>
  promotions.length > 0 &&
  html`<ul class="line-promotions" aria-label=${t("sums.promotions")}>
    ${promotions.map(
      ({ id, name, units, amount }) => html`<li key=${id} class="small">
        <span><bdi>${name}</bdi> · ${t("promo.units_count", { n: units })}</span>
        <span class="num push">${money(-amount, currency)}</span>
      </li>`,
    )}
  </ul>`;

/** @param {{ word: string, sum: string, kind: string }} props */
const Row = ({ word, sum, kind }) => html`<li class=${`sum-${kind}`}>
  <bdi>${word}</bdi>
  <span class="num push">${sum}</span>
</li>`;

/**
 * Nothing where the total is just the sum of the lines.
 * @param {{ amounts: Amounts, currency: string }} props
 */
export function Sums({ amounts, currency }) {
  const { subtotal, savings, deposits, taxes, tax_included, rounding } = amounts;
  if (!savings.length && !deposits.length && !taxes.length && !rounding) return null;
  const shown = (/** @type {number} */ amount) => money(amount, currency);
  const tax = tax_included ? "sums.within" : "sums.on_top";
  return html`<ul class="sums" aria-label=${t("sums.title")}>
    <${Row} kind="subtotal" word=${t("sums.subtotal")} sum=${shown(subtotal)} />
    ${savings.map(
      ({ name, amount }) => html`<${Row} key=${name} kind="saving" word=${ruleOf(name)} sum=${shown(-amount)} />`,
    )}
    ${deposits.map(
      ({ item_id, name, line_total }) =>
        html`<${Row}
          key=${item_id}
          kind="deposit"
          word=${t("sums.deposit", { what: name })}
          sum=${shown(line_total)}
        />`,
    )}
    ${taxes.map(
      ({ name, rate, tax: sum }, place) =>
        html`<${Row} key=${place} kind="tax" word=${t(tax, { name, rate: number(rate) })} sum=${shown(sum)} />`,
    )}
    ${rounding !== 0 && html`<${Row} kind="rounding" word=${t("sums.rounding")} sum=${shown(rounding)} />`}
  </ul>`;
}
