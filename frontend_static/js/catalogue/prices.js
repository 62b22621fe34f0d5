/** Prices that are changed by a share, exactly. Pure. */
import { decimalsOf } from "../money.js";

/**
 * A price so many per cent higher, rounded half up to what the currency has, as the API takes it.
 * @param {number} price
 * @param {number} percent
 * @param {string} currency
 */
export function priceBy(price, percent, currency) {
  const digits = decimalsOf(currency);
  const units = Math.round(price * 10 ** digits);
  // In whole numbers: a hundredth of a per cent is the finest that can be typed.
  const changed = Math.floor((units * (10_000 + Math.round(percent * 100)) * 2 + 10_000) / 20_000);
  return (changed / 10 ** digits).toFixed(digits);
}
