/** One change for many products: the same order for each, one after the other, and what became of every one. */
import { html, useState } from "../ui.js";
import { reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { Sheet } from "../parts/common.js";
import { priceBy } from "./prices.js";

/** @typedef {Rest.ProductAnswer} Product */
/** @typedef {import("./categories.js").Choice} Choice */
/** @typedef {"on" | "off" | "category" | "percent"} What */
const WHAT = /** @type {What[]} */ (["on", "off", "category", "percent"]);
const LEAST_PERCENT = -90;
const MOST_PERCENT = 900;

/**
 * What is sent for one product.
 * @param {{ what: What, category: string, percent: number }} change
 * @param {Product} product
 */
function bodyOf({ what, category, percent }, product) {
  if (what === "category") return { category };
  if (what === "percent") return { price: priceBy(product.price, percent, product.currency) };
  return { is_active: what === "on" };
}

/** @typedef {{ product: Product, why: string }} Refused */

/**
 * Change the products one after the other. `done`: how many of them, null before it begins.
 * @param {Product[]} products
 * @param {() => void} onChanged
 */
function useBulk(products, onChanged) {
  const [done, setDone] = useState(/** @type {number | null} */ (null));
  const [refused, setRefused] = useState(/** @type {Refused[]} */ ([]));
  const change = async (/** @type {(product: Product) => object} */ bodyFor) => {
    const failed = [];
    setRefused([]);
    for (const [place, product] of products.entries()) {
      setDone(place);
      try {
        const headers = { "If-Match": `"${product.version}"` };
        await auth.call("PATCH", `/api/products/${product.id}`, { body: bodyFor(product), headers });
      } catch (problem) {
        failed.push({ product, why: reason(problem) });
      }
    }
    setDone(products.length);
    setRefused(failed);
    onChanged();
  };
  return { done, refused, change };
}

/** @param {{ percent: string, onPercent: (text: string) => void }} props */
const PercentField = ({ percent, onPercent }) => html`<div class="field">
  <label for="percent">${t("bulk.percent_field")}</label>
  <input
    id="percent"
    class="input num"
    inputmode="decimal"
    dir="ltr"
    value=${percent}
    onInput=${(/** @type {Typed} */ e) => onPercent(e.target.value)}
  />
  <p class="small soft">${t("bulk.percent_hint")}</p>
</div>`;

/** @param {{ category: string, categories: Choice[], onCategory: (slug: string) => void }} props */
const CategoryChoice = ({ category, categories, onCategory }) => html`<select
  class="input"
  aria-label=${t("product.category")}
  value=${category}
  onChange=${(/** @type {Chosen} */ e) => onCategory(e.target.value)}
>
  <option value="">${t("bulk.no_category")}</option>
  ${categories.map((one) => html`<option key=${one.slug} value=${one.slug}>${one.label}</option>`)}
</select>`;

/**
 * How far it is, and what was refused.
 * @param {{ total: number, done: number | null, refused: Refused[] }} props
 */
const BulkProgress = ({ total, done, refused }) => html`
  ${
    done !== null &&
    done < total &&
    html`<progress class="bar" max=${total} value=${done} aria-label=${t("bulk.doing")} />`
  }
  ${done === total && html`<p class="note" role="status">${t("bulk.done", { n: total - refused.length })}</p>`}
  ${refused.map(
    ({ product, why }) => html`<p key=${product.id} class="field-error" role="alert">
      <bdi>${product.name}</bdi>: ${why}
    </p>`,
  )}
`;

/** @param {{ products: Product[], categories: Choice[], onClose: () => void, onChanged: () => void }} props */
export function BulkSheet({ products, categories, onClose, onChanged }) {
  const [what, setWhat] = useState(/** @type {What} */ ("off"));
  const [category, setCategory] = useState("");
  const [percent, setPercent] = useState("");
  const { done, refused, change } = useBulk(products, onChanged);
  const total = products.length;
  const number = Number(percent.replace(",", "."));
  const bad = what === "percent" && (!percent.trim() || !(number >= LEAST_PERCENT && number <= MOST_PERCENT));
  const go = (/** @type {Event} */ event) => {
    event.preventDefault();
    return change((product) => bodyOf({ what, category, percent: number }, product));
  };
  return html`<${Sheet} title=${t("bulk.title", { n: total })} onClose=${onClose}>
    <form class="stack" onSubmit=${go} novalidate>
      <fieldset class="choose" disabled=${done !== null}>
        <legend>${t("bulk.what")}</legend>
        ${WHAT.map(
          (one) => html`<label key=${one}>
            <input type="radio" name="what" checked=${what === one} onChange=${() => setWhat(one)} />
            ${t(`bulk.${one}`)}
          </label>`,
        )}
      </fieldset>
      ${
        what === "category" &&
        html`<${CategoryChoice} category=${category} categories=${categories} onCategory=${setCategory} />`
      }
      ${what === "percent" && html`<${PercentField} percent=${percent} onPercent=${setPercent} />`}
      <${BulkProgress} total=${total} done=${done} refused=${refused} />
      ${
        done === null
          ? html`<button class="btn btn-primary btn-big btn-wide" disabled=${bad}>
            ${t("bulk.do", { n: total })}
          </button>`
          : html`<button type="button" class="btn btn-quiet btn-wide" disabled=${done < total} onClick=${onClose}>
            ${t("bulk.close")}
          </button>`
      }
    </form>
  <//>`;
}
