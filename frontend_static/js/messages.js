/** Looking a sentence up. A page reads its own language, and the other one when somebody turns to it. */

/** @typedef {Record<string, string | { one?: string, two?: string, many?: string, other: string }>} Dictionary */
/** The languages that were read. @type {Record<string, Dictionary>} */
export const dictionaries = {};
/** @type {Record<string, () => Promise<Dictionary>>} */
const FILES = {
  en: async () => (await import("../i18n/en.js")).default,
  he: async () => (await import("../i18n/he.js")).default,
};
/** @type {Record<string, Intl.PluralRules>} */
const plurals = { en: new Intl.PluralRules("en"), he: new Intl.PluralRules("he") };

/**
 * Read a language; rejects if its file does not come.
 * @param {string} lang "en" or "he"
 */
export async function learn(lang) {
  dictionaries[lang] ??= await FILES[lang]();
}

// Before anything is shown: what `boot.js` has chosen, and has asked for already.
await learn(globalThis.document?.documentElement.lang === "he" ? "he" : "en");

/**
 * The sentence of `key` in a language that was read. A message is a text with {names}, or an object of plural forms
 * chosen by `vars.n`. A key that is nowhere gives `otherwise`, by default the key itself.
 * @template [Otherwise=string]
 * @param {string} lang
 * @param {string} key
 * @param {Record<string, any>} [vars]
 * @param {string | Otherwise} [otherwise]
 * @returns {string | Otherwise}
 */
export function translate(lang, key, vars = {}, otherwise = key) {
  const message = dictionaries[lang][key];
  if (message === undefined) return otherwise;
  const text =
    typeof message === "string"
      ? message
      : (message[/** @type {keyof typeof message} */ (plurals[lang].select(vars.n))] ?? message.other);
  return text.replace(/\{(\w+)\}/g, (hole, name) => (vars[name] === undefined ? hole : String(vars[name])));
}
