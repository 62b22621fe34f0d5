/** A quiet row of what goes with the cart: asked for at first, then as the server tells once the cart has rested. */
import { html, cx, useEffect } from "../../ui.js";
import { t, money } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { useEdits, useStore } from "../context.js";
import { present } from "../../present.js";

/** @typedef {import("../store.js").Suggested} Suggested */
const SHOWN = 8;

/** @param {{ one: Suggested, currency: string, onAdd: () => void, onDismiss: () => void }} props */
const Suggestion = ({ one, currency, onAdd, onDismiss }) => html`<li
  class=${cx("suggestion", `suggestion-${one.type}`)}
>
  <span class="suggestion-head">
    ${one.type === "sustainability" && html`<${Icon} name="leaf" />`}
    <strong dir="auto">${one.product.name}</strong>
    <button
      type="button"
      class="btn btn-icon btn-bare"
      aria-label=${t("suggest.dismiss", { name: one.product.name })}
      onClick=${onDismiss}
    >
      <${Icon} name="close" />
    </button>
  </span>
  <span class="small soft" dir="auto">${one.reason}</span>
  <span class="suggestion-foot">
    <span class="num">${money(one.product.price, currency)}</span>
    <button
      type="button"
      class="btn btn-quiet"
      aria-label=${t("suggest.add", { name: one.product.name })}
      onClick=${onAdd}
    >
      <${Icon} name="plus" />
      ${t("suggest.add_short")}
    </button>
  </span>
</li>`;

export function Suggestions() {
  const { cart, command, connection, suggested: found } = useStore();
  const { addBarcode } = useEdits();
  const { currency, checkout } = present(cart.value);
  const open = connection.value === "open";
  useEffect(() => {
    if (!open || checkout) return;
    command("recommendations.get", { limit: SHOWN }, { queue: false }).then(
      ({ items }) => (found.value = [...items]),
      () => {}, // they are a help, and nothing is wrong without it
    );
  }, [open, Boolean(checkout)]);
  /** @param {Suggested} one @param {"added" | "dismissed"} action */
  const note = (one, action) => {
    found.value = found.value.filter((other) => other !== one);
    command("recommendations.feedback", { product_id: one.product.id, action }, { queue: false }).catch(() => {});
  };
  const add = (/** @type {Suggested} */ one) => {
    note(one, "added");
    addBarcode(one.product.barcode);
  };
  if (checkout || !found.value.length) return null;
  return html`<section class="suggestions" aria-label=${t("suggest.title")}>
    <h2 class="small soft">${t("suggest.title")}</h2>
    <ul>
      ${found.value.map(
        (one) => html`<${Suggestion}
          key=${one.product.id}
          one=${one}
          currency=${currency}
          onAdd=${() => add(one)}
          onDismiss=${() => note(one, "dismissed")}
        />`,
      )}
    </ul>
  </section>`;
}
