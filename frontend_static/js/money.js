/**
 * Showing money, and reading what people type. Amounts come from the server with the currency's decimals; but for
 * the sum of chosen lines, which is done in minor units, no page adds, multiplies or rounds an amount.
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

const BLANKS = /[\s\u00a0\u202f\u2009\u200e\u200f\u2066-\u2069'’]/g;
/** Signs and letters of currencies, as people put them before or after an amount. */
const SIGN = /^[\p{Sc}\p{L}"״.]*[\p{Sc}\p{L}"״]\.?|[\p{Sc}\p{L}"״][\p{Sc}\p{L}"״.]*$/gu;
/** Characters that are looked at: no amount is longer. */
const MOST = 40;
/** Zero of each script whose digits people type. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0xff10];

/** @param {string} text */
const latinDigits = (text) =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]/g, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - (ZEROS.find((zero) => code >= zero && code < zero + 10) ?? code));
  });

/**
 * What somebody typed as an amount: `amount` is a decimal text as the API takes it, or `wrong` says by a key of the
 * dictionary, with its values, what is wrong with it.
 * @typedef {{ amount: string } | { wrong: string, vars: Record<string, string | number> }} TypedAmount
 */

/**
 * Read an amount as people write it: 1,234.50, 1.234,50, 1 234,50, ₪12.5, with the currency's decimals or fewer.
 * What could be two amounts is refused, never guessed.
 * @param {string} text
 * @param {string} currency ISO 4217
 * @returns {TypedAmount}
 */
export function readAmount(text, currency) {
  const digits = decimalsOf(currency);
  const example = digits ? `1234.${"50".padEnd(digits, "0").slice(0, digits)}` : "1234";
  const bare = latinDigits(text.slice(0, MOST))
    .replace(BLANKS, "")
    .replace(SIGN, "")
    .replace("٫", ".")
    .replace("٬", ",");
  if (/^[-−–]/.test(bare)) return { wrong: "money.negative", vars: {} };
  const parts = /^\+?(\d[\d.,]*)$/.exec(bare)?.[1] ?? (/^[.,]\d+$/.test(bare) ? `0${bare}` : null);
  if (parts === null) return { wrong: "money.no_amount", vars: { example } };
  const point = Math.max(parts.lastIndexOf("."), parts.lastIndexOf(","));
  const sign = parts[point];
  const alone = point >= 0 && parts.indexOf(sign) === point;
  const other = sign === "." ? "," : ".";
  const last = parts.slice(point + 1);
  const grouped = point >= 0 && !alone;
  if (alone && !parts.includes(other) && last.length === 3 && (sign === "." ? digits < 3 : digits === 3)) {
    const whole = parts.replace(sign, "");
    return { wrong: "money.unclear", vars: { text: parts, whole, example } };
  }
  const thousands = alone && !parts.includes(other) && sign === "," && last.length === 3;
  const whole = grouped || thousands || point < 0 ? parts : parts.slice(0, point);
  const rest = grouped || thousands || point < 0 ? "" : last;
  if (!/^\d+$|^\d{1,3}([.,])(?:\d{2,3}\1)*\d{3}$/.test(whole)) return { wrong: "money.no_amount", vars: { example } };
  if (rest.length > digits) return { wrong: "money.decimals", vars: { currency, n: digits } };
  const plain = whole.replace(/[.,]/g, "").replace(/^0+(?=\d)/, "");
  return { amount: rest ? `${plain}.${rest}` : plain };
}
