/** What of an order can be given back, exactly, in the smallest units of its currency. Pure. */
import { decimalsOf } from "../money.js";

/**
 * The units of each line that may still come back, by its id.
 * @typedef {Record<string, number>} Counts
 */

/**
 * An amount in the currency's smallest units, in which sums are exact.
 * @param {number} amount
 * @param {string} currency
 */
const minor = (amount, currency) => Math.round(amount * 10 ** decimalsOf(currency));

/**
 * What can still be given back, in smallest units; what is on its way counts as given.
 * @param {Rest.OrderAnswer} order
 */
export function leftOf({ total, refunded, refunds, currency }) {
  const pending = refunds.filter((one) => one.status === "pending");
  const away = pending.reduce((sum, one) => sum + minor(one.amount, currency), 0);
  return minor(total, currency) - minor(refunded, currency) - away;
}

/**
 * What was paid for so many units of the lines, with taxes that came on top and deposits, in smallest units; no more
 * than is left. The parts of a line come to the whole, however it is divided.
 * @param {Rest.OrderAnswer} order
 * @param {Counts} counts
 */
export function costOf(order, counts) {
  const { currency } = order;
  const sum = order.items.reduce((so_far, item) => {
    const count = counts[item.id] ?? 0;
    const upTo = (/** @type {number} */ units) => Math.floor((minor(item.paid, currency) * units) / item.quantity);
    return so_far + upTo(item.returned + count) - upTo(item.returned);
  }, 0);
  return Math.min(sum, leftOf(order));
}
