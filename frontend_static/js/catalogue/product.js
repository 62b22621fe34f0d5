/** One product: its name, price, picture, and whether it is for sale. */
import { html, useEffect, useSignal } from "../ui.js";
import { reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { decimalsOf } from "../money.js";
import { Loading, Sheet, toast } from "../parts/common.js";
import { present } from "../present.js";

/** @param {{ product: Rest.ProductAnswer }} props */
export function Picture({ product }) {
  if (product.image) return html`<img class="good-picture" src=${product.image} alt="" loading="lazy" />`;
  return html`<span class="good-picture" aria-hidden="true">${product.emoji || "🏷"}</span>`;
}

/**
 * What the server says of a field, or nothing.
 * @param {{ problem: Problem | null, field: string }} props
 */
function Wrong({ problem, field }) {
  const said = problem?.errors?.[field];
  return said && html`<span class="field-error" role="alert">${said.join(" ")}</span>`;
}

/**
 * The amount as one types it, with the currency's decimals.
 * @param {Rest.ProductAnswer} product
 */
function typed(product) {
  return Number(product.price).toFixed(decimalsOf(product.currency));
}

/** @typedef {{ product: Rest.ProductAnswer, onClose: () => void, onSaved: () => void }} Edited */

/**
 * The row in the list may be old: the sheet begins with the product as it is now, and saves a change of that.
 * @param {Edited} props
 */
export function ProductSheet({ product, onClose, onSaved }) {
  const [fresh, problem] = [
    useSignal(/** @type {Rest.ProductAnswer | null} */ (null)),
    useSignal(/** @type {Problem | null} */ (null)),
  ];
  useEffect(() => {
    auth.call("GET", `/api/products/${product.id}`).then(
      (answer) => (fresh.value = answer),
      (refused) => (problem.value = refused),
    );
  }, []);
  const inside = fresh.value
    ? html`<${Form} product=${fresh.value} onClose=${onClose} onSaved=${onSaved} />`
    : problem.value
      ? html`<p class="field-error" role="alert">${reason(problem.value)}</p>`
      : html`<${Loading} />`;
  return html`<${Sheet} title=${product.name} onClose=${onClose}>${inside}<//>`;
}

/** @param {Edited} props */
function Form({ product, onClose, onSaved }) {
  const [now, name, price, active, problem, busy] = [
    useSignal(product),
    useSignal(product.name),
    useSignal(typed(product)),
    useSignal(product.is_active),
    useSignal(/** @type {Problem | null} */ (null)),
    useSignal(false),
  ];
  const path = `/api/products/${product.id}`;
  const attempt = async (/** @type {() => Promise<void>} */ work) => {
    busy.value = true;
    problem.value = null;
    try {
      await work();
      onSaved();
    } catch (refused) {
      problem.value = refused;
    }
    busy.value = false;
  };
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    attempt(async () => {
      const body = { name: name.value, price: Number(price.value), is_active: active.value };
      now.value = await auth.call("PATCH", path, { body, headers: { "If-Match": `"${now.value.version}"` } });
      toast(t("product.saved", { name: now.value.name }));
      onClose();
    });
  };
  const picture = (/** @type {Typed} */ event) =>
    attempt(async () => {
      const form = new FormData();
      form.append("file", present(event.target.files)[0]);
      const before = now.value.images;
      await auth.call("POST", `${path}/images`, { form });
      for (const old of before) await auth.call("DELETE", `${path}/images/${old.id}`);
      now.value = await auth.call("GET", path);
    });
  const failed = problem.value;
  return html`<form class="stack" onSubmit=${save} novalidate>
    <div class="picture-now">
      <${Picture} product=${now.value} />
      <div class="stack-s">
        <span class="code soft">${product.barcode}</span>
        <label class="btn btn-quiet file">
          ${t("product.pick")}
          <input type="file" accept="image/*" disabled=${busy.value} onChange=${picture} />
        </label>
        <${Wrong} problem=${failed} field="file" />
      </div>
    </div>
    <div class="field">
      <label for="name">${t("product.name")}</label>
      <input
        id="name"
        class="input"
        dir="auto"
        value=${name.value}
        onInput=${(/** @type {Typed} */ e) => (name.value = e.target.value)}
      />
      <${Wrong} problem=${failed} field="name" />
    </div>
    <div class="field">
      <label for="price">${t("product.price", { currency: product.currency })}</label>
      <input
        id="price"
        class="input num"
        dir="ltr"
        inputmode="decimal"
        value=${price.value}
        onInput=${(/** @type {Typed} */ e) => (price.value = e.target.value.replace(",", "."))}
      />
      <${Wrong} problem=${failed} field="price" />
    </div>
    <label class="switch">
      <input
        type="checkbox"
        checked=${active.value}
        onChange=${(/** @type {Typed} */ e) => (active.value = e.target.checked)}
      />
      ${t("product.active")}
    </label>
    ${failed && !failed.errors && html`<p class="field-error" role="alert">${reason(failed)}</p>`}
    <button
      class="btn btn-primary btn-big btn-wide"
      disabled=${busy.value || !name.value.trim() || price.value.trim() === "" || Number.isNaN(Number(price.value))}
    >
      ${busy.value && html`<span class="spinner" />`}
      ${t("product.save")}
    </button>
  </form>`;
}
