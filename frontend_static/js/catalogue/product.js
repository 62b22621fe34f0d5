/** One product: its name, price, category, codes, kinds, picture, and whether it is for sale; and a new one. */
import { html, useEffect, useState } from "../ui.js";
import { money, reason, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { decimalsOf } from "../money.js";
import { Problem, ours } from "../problem.js";
import { Busy, Field, LineField, Refusal, amountOf, errorOf, useRequest } from "../parts/forms.js";
import { Loading, Sheet, toast } from "../parts/common.js";
import { Picture } from "../parts/picture.js";
import { present } from "../present.js";
import { CategoryField } from "./categories.js";
import { Variants } from "./variants.js";

/** @typedef {import("./categories.js").Choice} Choice */

/**
 * What is typed into the form of a product. `codes`: a line for each further code, "12 x 4006381333931" is a case.
 * `tax_class`: empty for that of the category; `deposit`, `age`: empty for none.
 * @typedef {{ barcode: string, name: string, price: string, category: string, codes: string, tax_class: string,
 *   deposit: string, age: string, restricted: Rest.RestrictionsAnswer, is_active: boolean }} Values
 */

const FIELDS = ["barcode", "name", "price", "category", "codes", "tax_class", "deposit", "restricted.age"];
const NEW = { barcode: "", name: "", price: "", category: "", codes: "", tax_class: "", deposit: "", age: "" };

/**
 * A further code as a line: a case's with how many it stands for.
 * @param {Rest.FurtherCodeAnswer} one
 */
const lineOf = ({ code, units = 1 }) => (units === 1 ? code : `${units} x ${code}`);

/**
 * The further codes of lines such as "12 x 4006381333931".
 * @param {string} text
 */
export const codesOf = (text) =>
  text
    .split("\n")
    .map((line) => /^\s*(?:(\d{1,6})\s*[x×*]\s*)?(\S.*?)\s*$/i.exec(line))
    .filter((found) => found !== null)
    .map(([, units, code]) => ({ code, units: Number(units ?? 1) }));

/**
 * @param {Rest.ProductAnswer} product
 * @returns {Values}
 */
const valuesOf = ({ barcode, name, price, currency, category, codes, is_active, ...more }) => ({
  barcode,
  name,
  price: Number(price).toFixed(decimalsOf(currency)),
  category: category ?? "",
  codes: codes.map(lineOf).join("\n"),
  tax_class: more.tax_class ?? "",
  deposit: more.deposit === null ? "" : Number(more.deposit).toFixed(decimalsOf(currency)),
  age: String(more.restricted.age ?? ""),
  restricted: more.restricted,
  is_active: is_active ?? true,
});

/**
 * The values as the API takes them. Raises Problem for an amount that cannot be read.
 * @param {Values} values
 * @param {string} currency
 */
const bodyOf = ({ age, ...values }, currency) => ({
  ...values,
  deposit: values.deposit.trim() ? amountOf("deposit", values.deposit, currency) : null,
  restricted: { ...values.restricted, age: age.trim() ? wholeOf("restricted.age", age) : null },
  price: amountOf("price", values.price, currency),
  codes: codesOf(values.codes),
});

/**
 * A whole number that somebody typed. Raises the field's Problem, in words.
 * @param {string} field
 * @param {string} text
 */
function wholeOf(field, text) {
  if (/^\d{1,3}$/.test(text.trim())) return Number(text);
  throw new Problem({ code: "invalid", errors: { [field]: [ours("product.age_wrong")] } });
}

/**
 * What the till has to know of it: its tax, its deposit, and from which age it is sold.
 * @param {{ values: Values, set: (name: keyof Values) => (value: any) => void, currency: string, classes: string[],
 *   problem: Problem | null }} props
 */
function AtTheTill({ values, set, currency, classes, problem }) {
  return html`
    <${Field} name="tax_class" label=${t("product.tax_class")} problem=${problem}>
      ${(/** @type {object} */ more) =>
        html`<select
          ...${more}
          class="input"
          value=${values.tax_class}
          onChange=${(/** @type {any} */ e) => set("tax_class")(e.target.value)}
        >
          <option value="">${t("product.tax_of_category")}</option>
          ${classes.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
        </select>`}
    <//>
    <${LineField}
      name="deposit"
      label=${t("product.deposit", { currency })}
      problem=${problem}
      dir="ltr"
      inputmode="decimal"
      value=${values.deposit}
      onValue=${set("deposit")}
    />
    <${LineField}
      name="restricted.age"
      label=${t("product.age")}
      problem=${problem}
      dir="ltr"
      inputmode="numeric"
      value=${values.age}
      onValue=${set("age")}
    />
  `;
}

/**
 * The tax classes that a chain's goods can be of; the class that one is of among them.
 * @param {string} chain
 * @param {string} own
 */
function useClasses(chain, own) {
  const [classes, setClasses] = useState(own ? [own] : []);
  useEffect(() => {
    auth.call("GET", `/api/tax-rates?${queryOf({ chain })}`).then(
      (rates) => {
        const known = rates.map((/** @type {Rest.TaxRateAnswer} */ one) => one.tax_class);
        setClasses([...new Set([...known, ...(own ? [own] : [])])].sort());
      },
      () => {}, // the class that it is of can be kept all the same
    );
  }, [chain, own]);
  return classes;
}

/** @param {{ codes: string, onCodes: (text: string) => void, problem: Problem | null }} props */
function CodesField({ codes, onCodes, problem }) {
  const wrong = ["codes", "codes.0", "codes.0.code", "codes.0.units"]
    .map((name) => errorOf(problem, name))
    .find(Boolean);
  return html`<div class="field">
    <label for="codes">${t("product.codes")}</label>
    <textarea
      id="codes"
      class="input code"
      rows="2"
      dir="ltr"
      aria-describedby="codes-hint"
      aria-invalid=${wrong ? "true" : undefined}
      value=${codes}
      onInput=${(/** @type {Typed} */ e) => onCodes(e.target.value)}
    />
    <p class="small soft" id="codes-hint">${t("product.codes_text")}</p>
    ${wrong && html`<p class="field-error" role="alert">${wrong}</p>`}
  </div>`;
}

/**
 * @param {{ values: Values, chain: string, setValues: (values: Values) => void, currency: string, categories: Choice[],
 *   problem: Problem | null }} props
 */
function Fields({ values, chain, setValues, currency, categories, problem }) {
  const classes = useClasses(chain, values.tax_class);
  const set = (/** @type {keyof Values} */ name) => (/** @type {string | boolean} */ value) =>
    setValues({ ...values, [name]: value });
  return html`
    <${LineField} name="name" label=${t("product.name")} problem=${problem} value=${values.name}
      onValue=${set("name")} />
    <${LineField}
      name="price"
      label=${t("product.price", { currency })}
      problem=${problem}
      dir="ltr"
      inputmode="decimal"
      value=${values.price}
      onValue=${set("price")}
    />
    <${LineField}
      name="barcode"
      label=${t("product.barcode")}
      problem=${problem}
      dir="ltr"
      value=${values.barcode}
      onValue=${set("barcode")}
    />
    <${CategoryField}
      value=${values.category}
      categories=${categories}
      label=${t("product.category")}
      none=${t("product.no_category")}
      onValue=${set("category")}
    />
    <${AtTheTill} values=${values} set=${set} currency=${currency} classes=${classes} problem=${problem} />
    <${CodesField} codes=${values.codes} onCodes=${set("codes")} problem=${problem} />
    <label class="switch">
      <input
        type="checkbox"
        checked=${values.is_active}
        onChange=${(/** @type {Typed} */ e) => set("is_active")(e.target.checked)}
      />
      ${t("product.active")}
    </label>
  `;
}

/**
 * @typedef {{ product: Rest.ProductAnswer, edits: boolean, categories: Choice[], onClose: () => void,
 *   onSaved: () => void }} Edited
 */

/**
 * The row in the list may be old: the sheet begins with the product as it is now, and saves a change of that.
 * @param {Edited} props
 */
export function ProductSheet({ product, edits, categories, onClose, onSaved }) {
  const [fresh, setFresh] = useState(/** @type {Rest.ProductAnswer | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  useEffect(() => {
    auth.call("GET", `/api/products/${product.id}`).then(setFresh, setProblem);
  }, []);
  const Inside = edits ? Change : Shown;
  const inside = fresh
    ? html`<${Inside} product=${fresh} categories=${categories} onClose=${onClose} onSaved=${onSaved} />`
    : problem
      ? html`<p class="field-error" role="alert">${reason(problem)}</p>`
      : html`<${Loading} />`;
  return html`<${Sheet} title=${product.name} onClose=${onClose}>${inside}<//>`;
}

/**
 * The product for those who may not change it.
 * @param {{ product: Rest.ProductAnswer }} props
 */
const Shown = ({ product }) => html`<div class="stack">
  <div class="picture-now"><${Picture} product=${product} /><span class="code soft">${product.barcode}</span></div>
  <dl class="facts">
    <div>
      <dt>${t("product.price", { currency: product.currency })}</dt>
      <dd class="num">${money(product.price, product.currency)}</dd>
    </div>
    <div><dt>${t("product.category")}</dt><dd>${product.category_name ?? t("product.no_category")}</dd></div>
    <div><dt>${t("product.active")}</dt><dd>${t(product.is_active ? "yes" : "no")}</dd></div>
  </dl>
  <p class="note">${t("problem.catalogue_of_the_chain")}</p>
</div>`;

/**
 * A picture replaces those that were there.
 * @param {{ product: Rest.ProductAnswer, onPicture: (product: Rest.ProductAnswer) => void }} props
 */
function PictureField({ product, onPicture }) {
  const { busy, problem, run } = useRequest();
  const path = `/api/products/${product.id}`;
  const put = async (/** @type {Typed} */ event) => {
    const form = new FormData();
    form.append("file", present(event.target.files)[0]);
    const fresh = await run(async () => {
      await auth.call("POST", `${path}/images`, { form });
      for (const old of product.images) await auth.call("DELETE", `${path}/images/${old.id}`);
      return auth.call("GET", path);
    });
    if (fresh) onPicture(fresh);
  };
  return html`<div class="picture-now">
    <${Picture} product=${product} />
    <div class="stack-s">
      <label class="btn btn-quiet file">
        ${t("product.pick")}
        <input type="file" accept="image/*" disabled=${busy} onChange=${put} />
      </label>
      <${Refusal} problem=${problem} />
    </div>
  </div>`;
}

/**
 * The form of a product that is there, or of a new one. `above`: what stands over its fields.
 * @param {{ start: Values, chain: string, currency: string, categories: Choice[], above?: any,
 *   save: (values: Values) => Promise<Rest.ProductAnswer>, onSaved: (product: Rest.ProductAnswer) => void }} props
 */
function Form({ start, chain, currency, categories, above, save, onSaved }) {
  const [values, setValues] = useState(start);
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const saved = await run(() => save(values));
    if (!saved) return;
    toast(t("product.saved", { name: saved.name }));
    onSaved(saved);
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    ${above}
    <${Fields}
      values=${values}
      setValues=${setValues}
      chain=${chain}
      currency=${currency}
      categories=${categories}
      problem=${problem}
    />
    <${Refusal} problem=${problem} fields=${FIELDS} />
    <button class="btn btn-primary btn-big btn-wide" disabled=${busy}>
      <${Busy} on=${busy} />${t("product.save")}
    </button>
  </form>`;
}

/** @param {Edited} props */
function Change({ product, categories, onClose, onSaved }) {
  const [now, setNow] = useState(product);
  const path = `/api/products/${now.id}`;
  const show = (/** @type {Rest.ProductAnswer} */ fresh) => {
    setNow(fresh);
    onSaved();
  };
  const save = (/** @type {Values} */ values) =>
    auth.call("PATCH", path, { body: bodyOf(values, now.currency), headers: { "If-Match": `"${now.version}"` } });
  return html`
    <${Form}
      start=${valuesOf(product)}
      chain=${now.chain}
      currency=${now.currency}
      categories=${categories}
      above=${html`<${PictureField} product=${now} onPicture=${show} />`}
      save=${save}
      onSaved=${(/** @type {Rest.ProductAnswer} */ fresh) => {
        show(fresh);
        onClose();
      }}
    />
    <${Variants} product=${now} onChanged=${async () => show(await auth.call("GET", path))} />
  `;
}

/** @param {{ chain: Rest.ChainAnswer, categories: Choice[], onClose: () => void, onSaved: () => void }} props */
export function NewProductSheet({ chain, categories, onClose, onSaved }) {
  const save = (/** @type {Values} */ values) =>
    auth.call("POST", "/api/products", { body: { chain: chain.slug, ...bodyOf(values, chain.currency) } });
  return html`<${Sheet} title=${t("catalogue.new")} onClose=${onClose}>
    <${Form}
      start=${{ ...NEW, restricted: {}, is_active: true }}
      chain=${chain.slug}
      currency=${chain.currency}
      categories=${categories}
      save=${save}
      onSaved=${() => {
        onSaved();
        onClose();
      }}
    />
  <//>`;
}
