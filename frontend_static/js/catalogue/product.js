/** One product: its name, price, category, codes, kinds, picture, and whether it is for sale; and a new one. */
import { html, useEffect, useState } from "../ui.js";
import { money, reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { decimalsOf } from "../money.js";
import { Busy, LineField, Refusal, amountOf, errorOf, useRequest } from "../parts/forms.js";
import { Loading, Sheet, toast } from "../parts/common.js";
import { present } from "../present.js";
import { CategoryField } from "./categories.js";
import { Variants } from "./variants.js";

/** @typedef {import("./categories.js").Choice} Choice */

/** @param {{ product: Rest.ProductAnswer }} props */
export function Picture({ product }) {
  if (product.image) return html`<img class="good-picture" src=${product.image} alt="" loading="lazy" />`;
  return html`<span class="good-picture" aria-hidden="true">${product.emoji || "🏷"}</span>`;
}

/**
 * What is typed into the form of a product. `codes`: a line for each further code, "12 x 4006381333931" is a case.
 * @typedef {{ barcode: string, name: string, price: string, category: string, codes: string,
 *   is_active: boolean }} Values
 */

const FIELDS = ["barcode", "name", "price", "category", "codes"];

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
const valuesOf = ({ barcode, name, price, currency, category, codes, is_active }) => ({
  barcode,
  name,
  price: Number(price).toFixed(decimalsOf(currency)),
  category: category ?? "",
  codes: codes.map(lineOf).join("\n"),
  is_active: is_active ?? true,
});

/**
 * The values as the API takes them. Raises Problem for an amount that cannot be read.
 * @param {Values} values
 * @param {string} currency
 */
const bodyOf = (values, currency) => ({
  ...values,
  price: amountOf("price", values.price, currency),
  codes: codesOf(values.codes),
});

/**
 * @param {{ values: Values, setValues: (values: Values) => void, currency: string, categories: Choice[],
 *   problem: Problem | null }} props
 */
function Fields({ values, setValues, currency, categories, problem }) {
  const set = (/** @type {keyof Values} */ name) => (/** @type {string | boolean} */ value) =>
    setValues({ ...values, [name]: value });
  const wrong = ["codes", "codes.0", "codes.0.code", "codes.0.units"]
    .map((name) => errorOf(problem, name))
    .find(Boolean);
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
    <div class="field">
      <label for="codes">${t("product.codes")}</label>
      <textarea
        id="codes"
        class="input code"
        rows="2"
        dir="ltr"
        aria-describedby="codes-hint"
        aria-invalid=${wrong ? "true" : undefined}
        value=${values.codes}
        onInput=${(/** @type {Typed} */ e) => set("codes")(e.target.value)}
      />
      <p class="small soft" id="codes-hint">${t("product.codes_text")}</p>
      ${wrong && html`<p class="field-error" role="alert">${wrong}</p>`}
    </div>
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
  const Inside = edits ? Form : Shown;
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

/** @param {Edited} props */
function Form({ product, categories, onClose, onSaved }) {
  const [now, setNow] = useState(product);
  const [values, setValues] = useState(valuesOf(product));
  const { busy, problem, run } = useRequest();
  const show = (/** @type {Rest.ProductAnswer} */ fresh) => {
    setNow(fresh);
    onSaved();
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const headers = { "If-Match": `"${now.version}"` };
    const fresh = await run(() =>
      auth.call("PATCH", `/api/products/${now.id}`, { body: bodyOf(values, now.currency), headers }),
    );
    if (!fresh) return;
    show(fresh);
    toast(t("product.saved", { name: fresh.name }));
    onClose();
  };
  return html`
    <form class="stack" onSubmit=${save} novalidate>
      <${PictureField} product=${now} onPicture=${show} />
      <${Fields}
        values=${values}
        setValues=${setValues}
        currency=${now.currency}
        categories=${categories}
        problem=${problem}
      />
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <button class="btn btn-primary btn-big btn-wide" disabled=${busy}>
        <${Busy} on=${busy} />${t("product.save")}
      </button>
    </form>
    <${Variants} product=${now} onChanged=${async () => show(await auth.call("GET", `/api/products/${now.id}`))} />
  `;
}

/** @param {{ chain: Rest.ChainAnswer, categories: Choice[], onClose: () => void, onSaved: () => void }} props */
export function NewProductSheet({ chain, categories, onClose, onSaved }) {
  const [values, setValues] = useState({ barcode: "", name: "", price: "", category: "", codes: "", is_active: true });
  const { busy, problem, run } = useRequest();
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const made = await run(() =>
      auth.call("POST", "/api/products", { body: { chain: chain.slug, ...bodyOf(values, chain.currency) } }),
    );
    if (!made) return;
    toast(t("product.saved", { name: made.name }));
    onSaved();
    onClose();
  };
  return html`<${Sheet} title=${t("catalogue.new")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      <${Fields}
        values=${values}
        setValues=${setValues}
        currency=${chain.currency}
        categories=${categories}
        problem=${problem}
      />
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <button class="btn btn-primary btn-big btn-wide" disabled=${busy}>
        <${Busy} on=${busy} />${t("product.save")}
      </button>
    </form>
  <//>`;
}
