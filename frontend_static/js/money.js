/**
 * Showing money. Amounts come from the server with the currency's decimals and are only
 * ever formatted here; no page adds, multiplies or rounds an amount.
 */
const formats = new Map();

/**
 * @param {string} currency
 * @param {string} locale
 */
function formatOf(currency, locale) {
  const key = `${locale}|${currency}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }));
  }
  return formats.get(key);
}

/**
 * `amount` (a number or a decimal string) as text in `currency` (ISO 4217).
 * A missing amount or currency gives an en dash: no made-up zero.
 * @param {number | string | null | undefined} amount
 * @param {string | null | undefined} currency
 */
export function formatMoney(amount, currency, locale = "en") {
  if (amount === null || amount === undefined || amount === "" || !currency) return "–";
  // A string goes to Intl as it is: it formats decimal strings exactly, a float might not be.
  return formatOf(currency, locale).format(amount);
}
