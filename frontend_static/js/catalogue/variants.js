/** The kinds of a product, such as its sizes: each is dearer or cheaper than the product by an amount. */
import { html, useState } from "../ui.js";
import { money, t } from "../i18n.js";
import { auth } from "../api.js";
import { Busy, LineField, Refusal, amountOf, useRequest } from "../parts/forms.js";

/**
 * The adjustment of a price as the API takes it; a minus before it makes the kind cheaper.
 * @param {string} text
 * @param {string} currency
 */
export function adjustmentOf(text, currency) {
  const typed = text.trim();
  if (!typed) return "0";
  const cheaper = /^[-−–]/.test(typed);
  const amount = amountOf("price_adjustment", typed.replace(/^[-−–+]\s*/, ""), currency);
  return cheaper ? `-${amount}` : amount;
}

/** @param {{ variant: Rest.VariantAnswer, currency: string, onChanged: () => void }} props */
function Variant({ variant, currency, onChanged }) {
  const { busy, problem, run } = useRequest();
  const turn = async (/** @type {Typed} */ event) => {
    const body = { is_active: event.target.checked };
    if (await run(() => auth.call("PATCH", `/api/variants/${variant.id}`, { body, headers: { "If-Match": "*" } })))
      onChanged();
  };
  return html`<li class="variant">
    <label class="switch grow">
      <input type="checkbox" checked=${variant.is_active} disabled=${busy} onChange=${turn} />
      <bdi>${variant.name}</bdi>
    </label>
    <span class="num">
      <bdi>${Number(variant.price_adjustment) > 0 && "+"}${money(variant.price_adjustment, currency)}</bdi>
    </span>
    <${Refusal} problem=${problem} />
  </li>`;
}

/** @param {{ product: Rest.ProductAnswer, onChanged: () => void }} props */
export function Variants({ product, onChanged }) {
  const [name, setName] = useState("");
  const [dearer, setDearer] = useState("");
  const { busy, problem, run } = useRequest();
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const made = await run(() => {
      const price_adjustment = adjustmentOf(dearer, product.currency);
      return auth.call("POST", "/api/variants", { body: { product: product.id, name, price_adjustment } });
    });
    if (!made) return;
    setName("");
    setDearer("");
    onChanged();
  };
  return html`<section class="variants stack-s">
    <h3>${t("product.variants")}</h3>
    <ul>
      ${product.variants.map(
        (one) => html`<${Variant} key=${one.id} variant=${one} currency=${product.currency} onChanged=${onChanged} />`,
      )}
    </ul>
    <form class="row variant-new" onSubmit=${add} novalidate>
      <${LineField} name="variant" label=${t("variant.name")} problem=${problem} value=${name} onValue=${setName} />
      <${LineField}
        name="price_adjustment"
        label=${t("variant.dearer", { currency: product.currency })}
        problem=${problem}
        dir="ltr"
        value=${dearer}
        onValue=${setDearer}
      />
      <button class="btn btn-quiet" disabled=${busy}><${Busy} on=${busy} />${t("variant.add")}</button>
      <${Refusal} problem=${problem} fields=${["price_adjustment"]} />
    </form>
  </section>`;
}
