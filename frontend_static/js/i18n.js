/** Language: two dictionaries with the same keys, a signal for the current one, and plurals. */
import { signal } from "./ui.js";
import { readStored, writeStored } from "./storage.js";
import { secondsSince } from "./clock.js";
import { formatMoney } from "./money.js";
import { learn, translate } from "./messages.js";

const root = globalThis.document?.documentElement;

/** "en" or "he". */
export const lang = signal(root?.lang === "he" ? "he" : "en");

/**
 * Turn the page to a language; rejects, and changes nothing, if its sentences do not come.
 * @param {string} next
 */
export async function setLang(next) {
  await learn(next);
  lang.value = next;
  root.lang = next;
  root.dir = next === "he" ? "rtl" : "ltr";
  writeStored("st.lang", next);
}

/** Colour scheme: "auto", "light" or "dark". */
export const theme = signal(readStored("st.theme") ?? "auto");

/** @param {string} next */
export function setTheme(next) {
  theme.value = next;
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  writeStored("st.theme", next === "auto" ? null : next);
}

/**
 * The sentence of `key` in the current language. `vars.n` chooses the plural form.
 * @param {string} key
 * @param {Record<string, unknown>} [vars]
 */
export const t = (key, vars) => translate(lang.value, key, vars);

/**
 * @param {number | string | null | undefined} amount
 * @param {string | null | undefined} currency
 */
export const money = (amount, currency) => formatMoney(amount, currency, lang.value);
/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(lang.value).format(value);

/** The IANA zone in which a page tells time: its branch's, once that is known; undefined: the browser's. */
export const zone = signal(/** @type {string | undefined} */ (undefined));

/**
 * How far `timeZone` is from UTC at `at`: "GMT+05:30".
 * @param {Date} at
 * @param {string} [timeZone]
 */
function offset(at, timeZone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  return parts.find((one) => one.type === "timeZoneName")?.value ?? "GMT";
}

/**
 * The zone's offset, "GMT+05:30", where whoever reads lives by another one; else "".
 * @param {string} [timeZone]
 * @param {string | number} [at]
 */
export function zoneNote(timeZone = zone.value, at = Date.now()) {
  const moment = new Date(at);
  const there = offset(moment, timeZone);
  return there === offset(moment) ? "" : there;
}

/**
 * Clock time of an RFC 3339 text, e.g. 14:05; in the page's time zone, or in a shop's own if one is given.
 * @param {string} text
 * @param {string} [timeZone]
 */
export function timeOfDay(text, timeZone = zone.value) {
  return new Intl.DateTimeFormat(lang.value, { hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(text));
}

/**
 * Clock time to the second, e.g. 14:05:31; the zone as above.
 * @param {string} text
 * @param {string} [timeZone]
 */
export function secondOfDay(text, timeZone = zone.value) {
  return new Intl.DateTimeFormat(lang.value, { timeStyle: "medium", hour12: false, timeZone }).format(new Date(text));
}

/**
 * Day and time of an RFC 3339 text, e.g. 20 Nov 2026, 14:05; the zone as above.
 * @param {string} text
 * @param {string} [timeZone]
 */
export function dayAndTime(text, timeZone = zone.value) {
  return new Intl.DateTimeFormat(lang.value, { dateStyle: "medium", timeStyle: "short", timeZone }).format(
    new Date(text),
  );
}

/**
 * A day of the calendar (`2026-11-20`), e.g. 20 Nov 2026; the same in every zone.
 * @param {string} text
 */
export function calendarDay(text) {
  const noon = new Date(`${text}T12:00:00Z`);
  return new Intl.DateTimeFormat(lang.value, { dateStyle: "medium", timeZone: "UTC" }).format(noon);
}

/**
 * How long since `text`, short: "45 s", "12 min", "3 h 05 min".
 * @param {string} text
 */
export function elapsed(text) {
  const seconds = secondsSince(text);
  if (seconds < 60) return t("time.seconds", { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

/** The language in which the server says what no dictionary has. */
const SERVERS = "en";

/**
 * The human sentence of a refusal: ours when we know the code, else the server's own if that is in this language.
 * @param {any} problem
 */
export function reason(problem) {
  const key = `problem.${problem?.code}`;
  const vars = {
    ...problem,
    holder: problem?.assigned_to ?? "",
    trolley: problem?.trolley_id ?? "",
    seconds: problem?.retry_after ?? "",
  };
  if (problem?.code === "trolley_in_use" && !vars.holder) return t("problem.trolley_in_use_unnamed");
  const said = problem?.detail ?? problem?.message ?? problem?.title;
  if (lang.value === SERVERS && said && SPECIFIC.has(problem?.code)) return said;
  const known = translate(lang.value, key, vars, null);
  return known ?? ((lang.value === SERVERS && said) || t("problem.unknown"));
}

/** Codes of many sentences: where the server's own can be read, it says more than ours. */
const SPECIFIC = new Set(["invalid", "unfit", "already_there", "not_there", "which_one", "category_in_use", "in_use"]);

/**
 * What is wrong with a field, by the server's sentence and its code; undefined for nothing.
 * @param {any} problem
 * @param {string} name
 * @returns {string | undefined}
 */
export function fieldReason(problem, name) {
  const said = problem?.errors?.[name]?.[0];
  return said && saidHere(said, problem.error_codes?.[name]?.[0] ?? {}, name);
}

/** Codes that only say that a value is wrong; what is wanted instead follows from the field. */
const BARE = new Set(["invalid", "unfit", "wrong_type"]);

/**
 * The server's sentence about a value, or ours by its code, and by the field, where the page is in another language.
 * @param {string} said
 * @param {{ code?: string, values?: Record<string, any> }} by
 * @param {string} [field]
 */
export function saidHere(said, { code = "invalid", values = {} }, field = "") {
  if (lang.value === SERVERS) return said;
  const wanted = BARE.has(code) ? translate(lang.value, `wanted.${field}`, values, null) : null;
  return wanted ?? translate(lang.value, `field.${code}`, values, null) ?? t("field.invalid");
}
