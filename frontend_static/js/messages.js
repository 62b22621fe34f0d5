/** Looking a sentence up. Pure, so that the tests run it without a browser. */
import en from "../i18n/en.js";
import he from "../i18n/he.js";

/** @typedef {Record<string, string | { one?: string, two?: string, many?: string, other: string }>} Dictionary */
/** @type {Record<string, Dictionary>} */
export const dictionaries = { en, he };
/** @type {Record<string, Intl.PluralRules>} */
const plurals = { en: new Intl.PluralRules("en"), he: new Intl.PluralRules("he") };

/**
 * The sentence of `key`. A message is a text with {names}, or an object of plural forms
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
