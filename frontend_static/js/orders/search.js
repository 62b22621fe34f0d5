/** What a branch's orders are looked for by; it stands in the page's address, so that a search can be sent on. */
import { html, cx, useState } from "../ui.js";
import { t, zone } from "../i18n.js";
import { serverNow } from "../clock.js";
import { readAmount } from "../money.js";

export const STATES = ["", "paid", "partly_refunded", "refunded"];
const DAY_MS = 86_400_000;

/**
 * All as text, as it stands in the address; amounts as they were typed.
 * @typedef {{ search: string, status: string, left: string, from_day: string, to_day: string,
 *   min_total: string, max_total: string }} Search
 * @type {Search}
 */
const NOTHING = { search: "", status: "", left: "", from_day: "", to_day: "", min_total: "", max_total: "" };
const NAMES = /** @type {(keyof Search)[]} */ (Object.keys(NOTHING));

/**
 * The search that an address holds.
 * @param {string} query
 * @returns {Search}
 */
export function searchOf(query) {
  const given = new URLSearchParams(query);
  return { ...NOTHING, ...Object.fromEntries(NAMES.map((name) => [name, given.get(name) ?? ""])) };
}

/** @param {Search} search */
export const isEmpty = (search) => NAMES.every((name) => search[name] === "");

/**
 * The search as the API takes it; an amount that cannot be read is left out, for the form says so.
 * @param {Search} search
 * @param {string} currency
 */
export function filtersOf(search, currency) {
  const amount = (/** @type {string} */ text) => {
    const read = readAmount(text, currency);
    return "amount" in read ? read.amount : "";
  };
  return { ...search, min_total: amount(search.min_total), max_total: amount(search.max_total) };
}

/** The branch's day, `back` days ago, as 2026-01-31. */
export const dayOf = (back = 0) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: zone.value }).format(new Date(serverNow() - back * DAY_MS));

/** @param {{ name: keyof Search, label: string, search: Search, onSearch: (search: Search) => void }} props */
const Day = ({ name, label, search, onSearch }) => html`<div class="field">
  <label for=${name}>${label}</label>
  <input
    id=${name}
    class="input"
    type="date"
    value=${search[name]}
    onInput=${(/** @type {Typed} */ e) => onSearch({ ...search, [name]: e.target.value })}
  />
</div>`;

/**
 * @param {{ name: keyof Search, label: string, currency: string, search: Search,
 *   onSearch: (search: Search) => void }} props
 */
function Amount({ name, label, currency, search, onSearch }) {
  const read = search[name] ? readAmount(search[name], currency) : null;
  const wrong = read && "wrong" in read ? t(read.wrong, read.vars) : "";
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <input
      id=${name}
      class="input num"
      dir="ltr"
      inputmode="decimal"
      autocomplete="off"
      aria-invalid=${wrong ? "true" : undefined}
      aria-describedby=${wrong ? `${name}-error` : undefined}
      value=${search[name]}
      onInput=${(/** @type {Typed} */ e) => onSearch({ ...search, [name]: e.target.value })}
    />
    ${wrong && html`<p class="field-error" id=${`${name}-error`} role="alert">${wrong}</p>`}
  </div>`;
}

/** @param {{ on: boolean, onPress: () => void, children?: any }} props */
const Chip = ({ on, onPress, children }) => html`<button
  type="button"
  class="chip"
  aria-pressed=${on}
  onClick=${onPress}
>
  ${children}
</button>`;

/** @param {{ search: Search, currency: string, onSearch: (search: Search) => void }} props */
export function SearchForm({ search, currency, onSearch }) {
  const [open, setOpen] = useState(Boolean(search.from_day || search.to_day || search.min_total || search.max_total));
  const on = (/** @type {number} */ back) => search.from_day === dayOf(back) && search.to_day === dayOf(back);
  const day = (/** @type {number} */ back) =>
    onSearch(
      on(back) ? { ...search, from_day: "", to_day: "" } : { ...search, from_day: dayOf(back), to_day: dayOf(back) },
    );
  return html`<form class="sales-head" role="search" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <label class="visually-hidden" for="words">${t("sales.search")}</label>
    <input
      id="words"
      class="input"
      type="search"
      dir="auto"
      placeholder=${t("sales.search")}
      value=${search.search}
      onInput=${(/** @type {Typed} */ e) => onSearch({ ...search, search: e.target.value })}
    />
    <div class="chips" role="group" aria-label=${t("sales.show")}>
      ${STATES.map(
        (one) => html`<${Chip}
          key=${one}
          on=${search.status === one}
          onPress=${() => onSearch({ ...search, status: one })}
        >
          ${t(one ? `order.${one}` : "sales.all")}
        <//>`,
      )}
      <${Chip}
        on=${search.left === "false"}
        onPress=${() => onSearch({ ...search, left: search.left ? "" : "false" })}
      >
        ${t("sales.not_left")}
      <//>
      <${Chip} on=${on(0)} onPress=${() => day(0)}>${t("sales.today")}<//>
      <${Chip} on=${on(1)} onPress=${() => day(1)}>${t("sales.yesterday")}<//>
      <button type="button" class=${cx("chip", "chip-more")} aria-expanded=${open} onClick=${() => setOpen(!open)}>
        ${t("sales.more_filters")}
      </button>
    </div>
    ${
      open &&
      html`<div class="sales-more">
        <${Day} name="from_day" label=${t("sales.from_day")} search=${search} onSearch=${onSearch} />
        <${Day} name="to_day" label=${t("sales.to_day")} search=${search} onSearch=${onSearch} />
        <${Amount}
          name="min_total"
          label=${t("sales.min_total", { currency })}
          currency=${currency}
          search=${search}
          onSearch=${onSearch}
        />
        <${Amount}
          name="max_total"
          label=${t("sales.max_total", { currency })}
          currency=${currency}
          search=${search}
          onSearch=${onSearch}
        />
        <button type="button" class="btn btn-quiet" onClick=${() => onSearch(searchOf(""))}>
          ${t("sales.clear")}
        </button>
      </div>`
    }
  </form>`;
}
