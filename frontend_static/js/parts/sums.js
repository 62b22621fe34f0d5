/** What comes between the lines of a cart or an order and its total, and what of the total is tax. */
import { html } from "../ui.js";
import { t, money, number } from "../i18n.js";

/**
 * @typedef {{ name: string, amount: number }} Saving
 * @typedef {{ name: string, rate: number, tax: number }} Tax
 * @typedef {{ item_id: string, name: string, line_total: number }} Deposit
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
