/** A chain's categories: to choose from, and a new one. */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Busy, LineField, Refusal, useRequest } from "../parts/forms.js";
import { Sheet, toast } from "../parts/common.js";
import { drawsEmoji } from "../parts/picture.js";

/**
 * A category as it is chosen; `label` shows how deep in the tree it stands.
 * @typedef {{ slug: string, label: string }} Choice
 */

/**
 * The tree as a list, each branch after what it hangs on.
 * @param {any[]} nodes
 * @param {number} [depth]
 * @returns {Choice[]}
 */
export const choicesOf = (nodes, depth = 0) =>
  nodes.flatMap(({ slug, name, emoji, children }) => [
    { slug, label: `${"\u2003".repeat(depth)}${emoji && drawsEmoji() ? `${emoji} ` : ""}${name}` },
    ...choicesOf(children, depth + 1),
  ]);

/**
 * The chain's categories, and how to read them again.
 * @param {string} chain
 */
export function useCategories(chain) {
  const [choices, setChoices] = useState(/** @type {Choice[]} */ ([]));
  const again = () =>
    auth.call("GET", `/api/categories?${queryOf({ chain })}`).then(
      (tree) => setChoices(choicesOf(tree)),
      (refused) => console.debug("categories:", refused.code),
    );
  useEffect(() => {
    again();
  }, [chain]);
  return { choices, again };
}

/**
 * @param {{ value: string, categories: Choice[], label: string, none: string,
 *   onValue: (slug: string) => void }} props
 */
export const CategoryField = ({ value, categories, label, none, onValue }) => html`<div class="field">
  <label for="in-category">${label}</label>
  <select
    id="in-category"
    class="input"
    value=${value}
    onChange=${(/** @type {Chosen} */ e) => onValue(e.target.value)}
  >
    <option value="">${none}</option>
    ${categories.map((one) => html`<option key=${one.slug} value=${one.slug}>${one.label}</option>`)}
  </select>
</div>`;

/** @param {{ chain: string, categories: Choice[], onClose: () => void, onSaved: () => void }} props */
export function CategorySheet({ chain, categories, onClose, onSaved }) {
  const [values, setValues] = useState({ name: "", slug: "", parent: "", emoji: "" });
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ value) =>
    setValues({ ...values, [name]: value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!(await run(() => auth.call("POST", "/api/categories", { body: { chain, ...values } })))) return;
    toast(t("product.saved", { name: values.name }));
    onSaved();
    onClose();
  };
  return html`<${Sheet} title=${t("catalogue.new_category")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      <${LineField} name="name" label=${t("product.name")} problem=${problem} value=${values.name}
        onValue=${set("name")} />
      <${LineField}
        name="slug"
        label=${t("category.slug")}
        hint=${t("category.slug_text")}
        problem=${problem}
        dir="ltr"
        value=${values.slug}
        onValue=${set("slug")}
      />
      <${CategoryField}
        value=${values.parent}
        categories=${categories}
        label=${t("category.parent")}
        none=${t("category.top")}
        onValue=${set("parent")}
      />
      <${LineField} name="emoji" label=${t("category.emoji")} problem=${problem} value=${values.emoji}
        onValue=${set("emoji")} />
      <${Refusal} problem=${problem} fields=${["name", "slug", "emoji"]} />
      <button class="btn btn-primary btn-big btn-wide" disabled=${busy}>
        <${Busy} on=${busy} />${t("product.save")}
      </button>
    </form>
  <//>`;
}
