/**
 * Showing money. Amounts come from the server with the currency's decimals and are only
 * ever formatted here; no page adds, multiplies or rounds an amount.
 */

/**
 * The server's decimals of a currency (actors/kit/money.py; a test compares the two), two where none are named.
 * Browsers have ideas of their own, and would show 149.99 PKR as 150.
 * @type {Record<string, number>}
 */
export const DECIMALS = {
  BHD: 3,
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

/**
 * How many decimals amounts of the currency have.
 * @param {string} currency
 */
export const decimalsOf = (currency) => DECIMALS[currency] ?? 2;

const formats = new Map();

/**
 * @param {string} currency
 * @param {string} locale
 */
function formatOf(currency, locale) {
  const key = `${locale}|${currency}`;
  if (!formats.has(key)) {
    const digits = decimalsOf(currency);
    formats.set(
      key,
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
    );
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
