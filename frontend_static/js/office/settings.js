/** The settings of a branch and of a chain; a change counts in the shop within two seconds. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Busy, Field, Refusal, amountOf, useRequest } from "../parts/forms.js";
import { toast } from "../parts/common.js";
import { base } from "./load.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const TIMES = ["session_timeout_s", "restore_s", "rental_minutes", "unpaid_minutes", "check_rate"];
const SWITCHES = ["resumes_sessions", "one_trolley_per_user", "returns_anywhere", "signed_qr_only"];
const DISPLAYS = ["name", "masked", "nothing"];
const PLACE = ["name", "address", "city", "timezone"];

/** @param {[string, string][] | undefined} spans */
const shown = (spans) => (spans ?? []).map((span) => span.join("-")).join(", ");
/** @param {string} text */
const spansOf = (text) =>
  text
    .split(",")
    .map((span) => span.trim())
    .filter(Boolean)
    .map((span) => span.split("-").map((time) => time.trim()));

/**
 * A form over a row with a version: its values, how one is set, and how they are saved.
 * @param {any} row
 * @param {Record<string, any>} first
 * @param {(values: Record<string, any>) => any} bodyOf
 * @param {(row: any) => void} onSaved
 * @param {"PATCH" | "PUT"} [method]
 */
function useForm(row, first, bodyOf, onSaved, method = "PATCH") {
  const [values, setValues] = useState(first);
  const request = useRequest();
  const set = (/** @type {string} */ name, /** @type {any} */ value) => setValues({ ...values, [name]: value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const headers = { "If-Match": `"${row.version}"` };
    const fresh = await request.run(() => auth.call(method, base, { body: bodyOf(values), headers }));
    if (!fresh) return;
    toast(t("saved"));
    onSaved(fresh);
  };
  return { values, set, save, ...request };
}

/** @param {{ form: any, name: string, field?: string, label: string, type?: string, hint?: string }} props */
const Text = ({ form, name, field = name, label, type = "text", hint }) =>
  html`<${Field} name=${field} label=${label} problem=${form.problem} hint=${hint}>
    ${(/** @type {Record<string, unknown>} */ more) =>
      html`<input
        ...${more}
        class="input"
        type=${type}
        dir="auto"
        value=${form.values[name]}
        onInput=${(/** @type {Typed} */ e) => form.set(name, e.target.value)}
      />`}
  <//>`;

/** @param {{ form: any, name: string, label: string }} props */
const Switch = ({ form, name, label }) => html`<label class="switch">
  <input
    type="checkbox"
    checked=${form.values[name]}
    onChange=${(/** @type {any} */ e) => form.set(name, e.target.checked)}
  />
  ${label}
</label>`;

/** @param {{ form: any, fields: string[] }} props */
const Save = ({ form, fields }) => html`
  <${Refusal} problem=${form.problem} fields=${fields} />
  <button class="btn btn-primary" disabled=${form.busy}><${Busy} on=${form.busy} />${t("save")}</button>
`;

/** @param {{ place: any, onSaved: (place: any) => void }} props */
export function BranchSettings({ place, onSaved }) {
  const { settings } = place;
  const hours = Object.fromEntries(DAYS.map((day) => [`hours_${day}`, shown(place.opening_hours[day])]));
  const first = { ...Object.fromEntries(PLACE.map((name) => [name, place[name]])), ...settings, ...hours };
  const bodyOf = (/** @type {Record<string, any>} */ values) => ({
    ...Object.fromEntries(PLACE.map((name) => [name, values[name]])),
    opening_hours: Object.fromEntries(
      DAYS.map((day) => [day, spansOf(values[`hours_${day}`])]).filter(([, spans]) => spans.length),
    ),
    settings: {
      ...Object.fromEntries(TIMES.map((name) => [name, Number(values[name])])),
      ...Object.fromEntries(SWITCHES.map((name) => [name, values[name]])),
      conflict_display: values.conflict_display,
    },
  });
  const form = useForm(place, first, bodyOf, onSaved);
  return html`<form class="stack" onSubmit=${form.save} novalidate>
    <div class="card stack">
      <h2>${t("settings.place")}</h2>
      <div class="form-grid">
        ${PLACE.map((name) => html`<${Text} key=${name} form=${form} name=${name} label=${t(`settings.${name}`)} />`)}
      </div>
    </div>
    <div class="card stack">
      <h2>${t("settings.trolleys")}</h2>
      <div class="form-grid">
        ${TIMES.map(
          (name) => html`<${Text}
            key=${name}
            form=${form}
            name=${name}
            field=${`settings.${name}`}
            type="number"
            label=${t(`settings.${name}`)}
          />`,
        )}
        <div class="field">
          <label for="conflict">${t("settings.conflict_display")}</label>
          <select
            id="conflict"
            class="input"
            value=${form.values.conflict_display}
            onChange=${(/** @type {Typed} */ e) => form.set("conflict_display", e.target.value)}
          >
            ${DISPLAYS.map((one) => html`<option key=${one} value=${one}>${t(`settings.display_${one}`)}</option>`)}
          </select>
        </div>
      </div>
      <div>
        ${SWITCHES.map(
          (name) => html`<${Switch} key=${name} form=${form} name=${name} label=${t(`settings.${name}`)} />`,
        )}
      </div>
    </div>
    <div class="card stack">
      <h2>${t("settings.hours")}</h2>
      <p class="small soft" id="hours-hint">${t("settings.hours_text")}</p>
      <div class="hours">
        ${DAYS.map(
          (day) => html`<label key=${day}>
            <span>${t(`day.${day}`)}</span>
            <input
              class="input num"
              dir="ltr"
              placeholder="08:00-22:00"
              aria-describedby="hours-hint"
              value=${form.values[`hours_${day}`]}
              onInput=${(/** @type {Typed} */ e) => form.set(`hours_${day}`, e.target.value)}
            />
          </label>`,
        )}
      </div>
    </div>
    <${Save} form=${form} fields=${[...PLACE, ...TIMES.map((name) => `settings.${name}`)]} />
  </form>`;
}

const CHAIN = ["name", "currency", "country", "tax_number"];

/** @param {{ place: any, onSaved: (place: any) => void }} props */
export function ChainSettings({ place, onSaved }) {
  const limit = place.refund_limit;
  const first = { ...place, languages: place.languages.join(", "), refund_limit: limit === null ? "" : String(limit) };
  // What is left out of a PUT becomes as in a new chain, so all that was there goes along.
  const { id, slug, version, ...whole } = place;
  const bodyOf = (/** @type {Record<string, any>} */ values) => ({
    ...whole,
    name: values.name,
    currency: values.currency,
    country: values.country || null,
    tax_number: values.tax_number,
    languages: values.languages.split(",").map((/** @type {string} */ one) => one.trim()),
    demands_second_factor: values.demands_second_factor,
    branch_managers_edit_catalogue: values.branch_managers_edit_catalogue,
    refund_limit: values.refund_limit.trim() ? amountOf("refund_limit", values.refund_limit, values.currency) : null,
  });
  const form = useForm(place, first, bodyOf, onSaved, "PUT");
  return html`<form class="stack card" onSubmit=${form.save} novalidate>
    <div class="form-grid">
      ${CHAIN.map((name) => html`<${Text} key=${name} form=${form} name=${name} label=${t(`settings.${name}`)} />`)}
      <${Text} form=${form} name="languages" label=${t("settings.languages")} hint=${t("settings.languages_text")} />
      <${Text}
        form=${form}
        name="refund_limit"
        label=${t("settings.refund_limit", { currency: form.values.currency })}
        hint=${t("settings.refund_limit_text")}
      />
    </div>
    <${Switch}
      form=${form}
      name="branch_managers_edit_catalogue"
      label=${t("settings.branch_managers_edit_catalogue")}
    />
    <${Switch} form=${form} name="demands_second_factor" label=${t("settings.demands_second_factor")} />
    <${Save} form=${form} fields=${[...CHAIN, "languages", "refund_limit"]} />
  </form>`;
}
