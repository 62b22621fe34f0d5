/** Chooses products and categories of a chain: words to search by, what was found, what is chosen. */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Icon } from "../parts/icons.js";

const QUIET_MS = 250;
const FOUND = "8";

/**
 * Something that is chosen by its id.
 * @typedef {{ id: string, name: string }} Named
 * @typedef {{ products: Named[], categories: Named[] }} Goods
 */

/**
 * All categories of a tree, each before those below it.
 * @param {any[]} nodes
 * @returns {Named[]}
 */
const flat = (nodes) => nodes.flatMap(({ id, name, children }) => [{ id, name }, ...flat(children)]);

/**
 * A chain's categories, empty until they are there.
 * @param {string} chain
 */
function useCategories(chain) {
  const [found, setFound] = useState(/** @type {Named[]} */ ([]));
  useEffect(() => {
    auth.call("GET", `/api/categories?${queryOf({ chain })}`).then(
      (tree) => setFound(flat(tree)),
      (refused) => console.debug("categories:", refused.code),
    );
  }, [chain]);
  return found;
}

/**
 * The products found by words, once nothing was typed for a moment.
 * @param {string} chain
 * @param {string} words
 */
function useFound(chain, words) {
  const [found, setFound] = useState(/** @type {Named[]} */ ([]));
  useEffect(() => {
    const search = words.trim();
    if (!search) {
      setFound([]);
      return;
    }
    let over = false;
    const timer = setTimeout(() => {
      auth.call("GET", `/api/products?${queryOf({ chain, search, page_size: FOUND })}`).then(
        ({ results }) => over || setFound(results),
        (refused) => console.debug("products:", refused.code),
      );
    }, QUIET_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [chain, words]);
  return found;
}

/** @param {{ one: Named, onClick: () => void, chosen?: boolean }} props */
const Chip = ({ one, onClick, chosen = false }) => html`<button
  type="button"
  class="chip"
  aria-label=${t(chosen ? "promo.take_out" : "promo.put_in", { name: one.name })}
  onClick=${onClick}
>
  <${Icon} name=${chosen ? "close" : "plus"} /><bdi>${one.name}</bdi>
</button>`;

/**
 * @param {{ id: string, chain: string, label: string, value: Goods, onValue: (goods: Goods) => void,
 *   onlyProducts?: boolean, none?: string }} props
 */
export function GoodsPicker({ id, chain, label, value, onValue, onlyProducts = false, none = "" }) {
  const [words, setWords] = useState("");
  const categories = useCategories(chain);
  const products = useFound(chain, words);
  const typed = words.trim().toLocaleLowerCase();
  /** @param {Named[]} chosen @param {Named} one */
  const without = (chosen, one) => chosen.filter((other) => other.id !== one.id);
  /** @param {Named[]} chosen @param {Named[]} found */
  const rest = (chosen, found) => found.filter((one) => !chosen.some((other) => other.id === one.id));
  const offered = onlyProducts
    ? []
    : rest(value.categories, categories).filter(({ name }) => typed && name.toLocaleLowerCase().includes(typed));
  const put = (/** @type {Partial<Goods>} */ more) => onValue({ ...value, ...more });
  return html`<div class="field goods-picker">
    <label for=${id}>${label}</label>
    <div class="chips">
      ${value.categories.map(
        (one) => html`<${Chip}
          key=${one.id}
          one=${one}
          chosen
          onClick=${() => put({ categories: without(value.categories, one) })}
        />`,
      )}
      ${value.products.map(
        (one) => html`<${Chip}
          key=${one.id}
          one=${one}
          chosen
          onClick=${() => put({ products: without(value.products, one) })}
        />`,
      )}
      ${none && !value.products.length && !value.categories.length && html`<span class="small soft">${none}</span>`}
    </div>
    <input
      id=${id}
      class="input"
      type="search"
      dir="auto"
      placeholder=${t(onlyProducts ? "promo.search_products" : "promo.search_goods")}
      value=${words}
      onInput=${(/** @type {Typed} */ e) => setWords(e.target.value)}
    />
    ${
      typed &&
      html`<div class="chips found" aria-live="polite">
        ${offered.map(
          (one) => html`<${Chip}
            key=${one.id}
            one=${one}
            onClick=${() => put({ categories: [...value.categories, { id: one.id, name: one.name }] })}
          />`,
        )}
        ${rest(value.products, products).map(
          (one) => html`<${Chip}
            key=${one.id}
            one=${one}
            onClick=${() => put({ products: [...value.products, { id: one.id, name: one.name }] })}
          />`,
        )}
        ${!offered.length && !products.length && html`<span class="small soft">${t("catalogue.none")}</span>`}
      </div>`
    }
  </div>`;
}
