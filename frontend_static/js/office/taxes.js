/** The taxes of a chain's goods: rates by class, branch and date, and a country's to begin with. */
import { html, useState } from "../ui.js";
import { calendarDay, number, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Busy, Field, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { Problem, ours } from "../problem.js";
import { useLoaded, waiting } from "./load.js";

/** Countries whose rates the server knows. @type {Rest.PresetBody["country"][]} */
const COUNTRIES = ["DE", "IL", "IN", "US"];
const FIELDS = ["tax_class", "name", "percent", "branch", "valid_from", "valid_until"];

/**
 * Percent as somebody types it, as the API takes it. Raises the field's Problem, in words.
 * @param {string} text
 */
function percentOf(text) {
  const typed = text.trim().replace(",", ".").replace(/\s*%$/, "");
  if (/^\d{1,3}(\.\d{1,4})?$/.test(typed)) return Number(typed);
  throw new Problem({ code: "invalid", errors: { percent: [ours("taxes.percent_wrong")] } });
}

/** @param {{ chain: string, rate: Rest.TaxRateAnswer | null, onClose: () => void, onDone: () => void }} props */
function RateSheet({ chain, rate, onClose, onDone }) {
  const [values, setValues] = useState({
    tax_class: rate?.tax_class ?? "standard",
    name: rate?.name ?? "",
    percent: rate ? String(Number(rate.percent)) : "",
    branch: rate?.branch ?? "",
    valid_from: rate?.valid_from ?? "",
    valid_until: rate?.valid_until ?? "",
  });
  const [sure, setSure] = useState(false);
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ value) =>
    setValues({ ...values, [name]: value });
  const path = `/api/tax-rates/${rate?.id}`;
  const headers = { "If-Match": `"${rate?.version}"` };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const done = await run(() => {
      const body = {
        ...values,
        percent: percentOf(values.percent),
        valid_from: values.valid_from || null,
        valid_until: values.valid_until || null,
      };
      return rate
        ? auth.call("PATCH", path, { body, headers })
        : auth.call("POST", "/api/tax-rates", { body: { chain, ...body } });
    });
    if (!done) return;
    toast(t("saved"));
    onDone();
  };
  const remove = async () => {
    if (!sure) return setSure(true);
    if (await run(() => auth.call("DELETE", path, { headers }))) onDone();
  };
  const line = (/** @type {keyof typeof values} */ name, /** @type {object} */ more = {}) => html`<${LineField}
    name=${name}
    label=${t(`taxes.${name}`)}
    problem=${problem}
    value=${values[name]}
    onValue=${set(name)}
    ...${more}
  />`;
  return html`<${Sheet} side title=${t(rate ? "taxes.change" : "taxes.new")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      ${line("name")} ${line("percent", { inputmode: "decimal", dir: "ltr" })}
      ${line("tax_class", { dir: "ltr", hint: t("taxes.tax_class_hint") })}
      ${line("branch", { dir: "ltr", hint: t("taxes.branch_hint") })} ${line("valid_from", { type: "date" })}
      ${line("valid_until", { type: "date" })}
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <${Submit} class="btn-primary" busy=${busy} missing=${[!values.name.trim() && t("taxes.name")]}>
        ${t("save")}
      <//>
      ${
        rate &&
        html`<button type="button" class="btn btn-danger" disabled=${busy} onClick=${remove}>
          ${t(sure ? "taxes.remove_sure" : "taxes.remove")}
        </button>`
      }
    </form>
  <//>`;
}

/** @param {{ rate: Rest.TaxRateAnswer, open: () => void }} props */
function Row({ rate, open }) {
  const { valid_from, valid_until } = rate;
  return html`<li>
    <button type="button" class="office-row" onClick=${open}>
      <span class="grow">
        <strong><bdi>${rate.name}</bdi></strong>
        <span class="small soft">
          <span class="code">${rate.tax_class}</span>
          ${valid_from && ` · ${t("taxes.from", { day: calendarDay(valid_from) })}`}
          ${valid_until && ` · ${t("taxes.until", { day: calendarDay(valid_until) })}`}
        </span>
      </span>
      ${rate.branch && html`<span class="badge code">${rate.branch}</span>`}
      <strong class="num"><bdi>${number(Number(rate.percent))} %</bdi></strong>
    </button>
  </li>`;
}

/** A country's rates, for a chain that has none. @param {{ chain: string, onDone: () => void }} props */
function Presets({ chain, onDone }) {
  const [country, setCountry] = useState(COUNTRIES[0]);
  const { busy, problem, run } = useRequest();
  const apply = async () => {
    if (await run(() => auth.call("POST", "/api/tax-rates/presets", { body: { chain, country } }))) onDone();
  };
  return html`<div class="row">
    <${Field} name="country" label=${t("taxes.preset")} problem=${problem}>
      ${(/** @type {object} */ more) =>
        html`<select
          ...${more}
          class="input"
          value=${country}
          onChange=${(/** @type {any} */ e) => setCountry(e.target.value)}
        >
          ${COUNTRIES.map((one) => html`<option key=${one} value=${one}>${t(`country.${one}`)}</option>`)}
        </select>`}
    <//>
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${apply}>
      <${Busy} on=${busy} />${t("taxes.preset_apply")}
    </button>
    <${Refusal} problem=${problem} fields=${["country"]} />
  </div>`;
}

/** @param {{ chain: string }} props */
export function TaxesTab({ chain }) {
  const [opened, setOpened] = useState(/** @type {Rest.TaxRateAnswer | "new" | null} */ (null));
  const loaded = useLoaded(`/api/tax-rates?${queryOf({ chain })}`);
  const close = () => setOpened(null);
  const done = () => {
    close();
    loaded.reload();
  };
  return html`
    <p class="soft">${t("taxes.lead")}</p>
    <div class="row">
      <button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>
        <${Icon} name="plus" />${t("taxes.new")}
      </button>
    </div>
    ${
      waiting(loaded) ??
      (loaded.data.length
        ? html`<ul class="office-list">
          ${loaded.data.map(
            (/** @type {Rest.TaxRateAnswer} */ one) =>
              html`<${Row} key=${one.id} rate=${one} open=${() => setOpened(one)} />`,
          )}
        </ul>`
        : html`<${Empty} icon="receipt" title=${t("taxes.none")} text=${t("taxes.none_text")} />`)
    }
    <${Presets} chain=${chain} onDone=${done} />
    ${
      opened &&
      html`<${RateSheet}
        key=${opened === "new" ? "new" : opened.id}
        chain=${chain}
        rate=${opened === "new" ? null : opened}
        onClose=${close}
        onDone=${done}
      />`
    }
  `;
}
