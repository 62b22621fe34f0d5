/** The catalogue: search, sort out, change and add products, import a price list after having seen what it would do. */
import { html, cx, render, useEffect, useSignal } from "../ui.js";
import { lang, money, reason, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { editsCatalogue, managedChains } from "../chains.js";
import { signInUrl } from "../next.js";
import { Icon } from "../parts/icons.js";
import { useAddress, useFilters } from "../frame/address.js";
import { Frame } from "../frame/frame.js";
import { Empty, Loading, Toasts, toast } from "../parts/common.js";
import { keep } from "../parts/files.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { Picture } from "../parts/picture.js";
import { CategorySheet, useCategories } from "./categories.js";
import { NewProductSheet, ProductSheet } from "./product.js";
import { BulkSheet } from "./bulk.js";
import { ImportSheet } from "./importing.js";
import { SuppliersSheet } from "./suppliers.js";

const PAGE = 40;
const ORDERS = ["name", "price", "-price", "-updated_at"];

/**
 * What the list is sorted out by; all as text, as the API takes it.
 * @typedef {{ search: string, category: string, is_active: string, has_picture: string, ordering: string }} Search
 */
const EVERYTHING = { search: "", category: "", is_active: "", has_picture: "", ordering: "name" };

/**
 * @param {{ product: Rest.ProductAnswer, open: (product: Rest.ProductAnswer) => void, picked: boolean,
 *   onPick: ((on: boolean) => void) | null }} props `onPick`: null for those who may change nothing
 */
const Good = ({ product, open, picked, onPick }) => html`<li class=${cx(onPick && "good-row")}>
  ${
    onPick &&
    html`<label class="good-pick">
      <input
        type="checkbox"
        checked=${picked}
        aria-label=${t("bulk.pick", { name: product.name })}
        onChange=${(/** @type {Typed} */ e) => onPick(e.target.checked)}
      />
    </label>`
  }
  <button type="button" class=${cx("good", !product.is_active && "good-off")} onClick=${() => open(product)}>
    <${Picture} product=${product} />
    <span>
      <span class="good-name" dir="auto">${product.name}</span>
      <br />
      <span class="small soft">
        <span class="code">${product.barcode}</span>
        ${product.category_name && html` · <bdi>${product.category_name}</bdi>`}
        ${!product.is_active && html` · ${t("catalogue.off")}`}
      </span>
    </span>
    <span class="price num">${money(product.price, product.currency)}</span>
  </button>
</li>`;

/**
 * Whose catalogue it is, for those who manage several.
 * @param {{ chains: Rest.ChainAnswer[], chain: string, choose: (slug: string) => void }} props
 */
function Chains({ chains, chain, choose }) {
  if (chains.length < 2) return null;
  return html`<label class="field-inline">
    ${t("catalogue.chain")} <select class="input" value=${chain}
      onChange=${(/** @type {Chosen} */ e) => choose(e.target.value)}>
      ${chains.map((one) => html`<option key=${one.slug} value=${one.slug}>${one.name}</option>`)}
    </select>
  </label>`;
}

/**
 * @param {{ search: Search, categories: import("./categories.js").Choice[],
 *   onSearch: (search: Search) => void }} props
 */
function SearchForm({ search, categories, onSearch }) {
  const chip = (/** @type {"is_active" | "has_picture"} */ name, /** @type {string} */ key) => html`<button
    type="button"
    class="chip"
    aria-pressed=${search[name] === "false"}
    onClick=${() => onSearch({ ...search, [name]: search[name] ? "" : "false" })}
  >
    ${t(key)}
  </button>`;
  return html`<form class="catalogue-search" role="search" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    <label class="visually-hidden" for="words">${t("catalogue.search")}</label>
    <input
      id="words"
      class="input"
      type="search"
      placeholder=${t("catalogue.search")}
      dir="auto"
      value=${search.search}
      onInput=${(/** @type {Typed} */ e) => onSearch({ ...search, search: e.target.value })}
    />
    <select
      class="input"
      aria-label=${t("product.category")}
      value=${search.category}
      onChange=${(/** @type {Chosen} */ e) => onSearch({ ...search, category: e.target.value })}
    >
      <option value="">${t("catalogue.all_categories")}</option>
      ${categories.map((one) => html`<option key=${one.slug} value=${one.slug}>${one.label}</option>`)}
    </select>
    <select
      class="input"
      aria-label=${t("catalogue.sort")}
      value=${search.ordering}
      onChange=${(/** @type {Chosen} */ e) => onSearch({ ...search, ordering: e.target.value })}
    >
      ${ORDERS.map((one) => {
        const label = t(`catalogue.by_${one.replace("-", "down_")}`);
        return html`<option key=${one} value=${one}>${label}</option>`;
      })}
    </select>
    <div class="chips" role="group" aria-label=${t("catalogue.show")}>
      ${chip("is_active", "catalogue.off")} ${chip("has_picture", "catalogue.no_picture")}
    </div>
  </form>`;
}

/** @typedef {"new" | "category" | "import" | "suppliers" | Rest.ProductAnswer | null} Opened */

/**
 * The sheet that is open.
 * @param {{ opened: Opened, chain: Rest.ChainAnswer, edits: boolean, categories: import("./categories.js").Choice[],
 *   close: () => void, changed: () => void }} props
 */
function Open({ opened, chain, edits, categories, close, changed }) {
  switch (opened) {
    case null:
      return null;
    case "new":
      return html`<${NewProductSheet} chain=${chain} categories=${categories} onClose=${close} onSaved=${changed} />`;
    case "category":
      return html`<${CategorySheet}
        chain=${chain.slug}
        categories=${categories}
        onClose=${close}
        onSaved=${changed}
      />`;
    case "import":
      return html`<${ImportSheet}
        chain=${chain.slug}
        onClose=${() => {
          close();
          changed();
        }}
      />`;
    case "suppliers":
      return html`<${SuppliersSheet}
        chain=${chain.slug}
        onClose=${() => {
          close();
          changed();
        }}
      />`;
    default:
      return html`<${ProductSheet}
        product=${opened}
        edits=${edits}
        categories=${categories}
        onClose=${close}
        onSaved=${changed}
      />`;
  }
}

/** The products that one change is for, by id. */
function usePicked() {
  const picked = useSignal(/** @type {Map<string, Rest.ProductAnswer>} */ (new Map()));
  const pick = (/** @type {Rest.ProductAnswer} */ product, /** @type {boolean} */ on) => {
    const next = new Map(picked.value);
    if (on) next.set(product.id, product);
    else next.delete(product.id);
    picked.value = next;
  };
  return { picked: picked.value, pick, pickNone: () => (picked.value = new Map()) };
}

/**
 * The sheet that is open; the product whose id is in the address is one.
 * @param {Rest.ProductAnswer[] | null | undefined} rows
 */
function useOpened(rows) {
  const opened = useSignal(/** @type {Opened} */ (null));
  const [asked, ask] = useAddress("product", { step: true });
  useEffect(() => {
    const known = rows?.find((one) => one.id === asked);
    if (!asked) opened.value = null;
    else if (known) opened.value = known;
    else
      auth.call("GET", `/api/products/${encodeURIComponent(asked)}`).then(
        (product) => (opened.value = product),
        (problem) => toast(reason(problem), { bad: true }),
      );
  }, [asked]);
  const close = () => {
    ask("");
    opened.value = null;
  };
  return { opened: opened.value, open: (/** @type {Opened} */ what) => (opened.value = what), ask, close };
}

/** @param {{ chain: Rest.ChainAnswer, edits: boolean, open: (what: Opened) => void }} props */
function Head({ chain, edits, open }) {
  const button = (/** @type {Opened} */ what, /** @type {string} */ key, /** @type {string} */ look) => html`<button
    type="button"
    class=${`btn ${look}`}
    onClick=${() => open(what)}
  >
    <${Icon} name="plus" />${t(key)}
  </button>`;
  return html`<div class="catalogue-head">
    <h1>${t("catalogue.title")}</h1>
    ${
      edits &&
      html`${button("new", "catalogue.new", "btn-primary")}${" "}
        ${button("category", "catalogue.new_category", "btn-quiet")}
      ${button("import", "catalogue.import", "btn-quiet catalogue-import")}
      ${button("suppliers", "catalogue.suppliers", "btn-quiet catalogue-suppliers")}`
    }
    <button
      type="button"
      class="btn btn-quiet"
      onClick=${() => keep(`/api/products/export?${queryOf({ chain: chain.slug })}`, `products-${chain.slug}.csv`)}
    >
      <${Icon} name="download" />
      ${t("catalogue.export")}
    </button>
  </div>`;
}

/**
 * What can be done with the picked products at once.
 * @param {{ picked: Map<string, Rest.ProductAnswer>, categories: import("./categories.js").Choice[],
 *   pickAll: () => void, pickNone: () => void, changed: () => void }} props
 */
function Bulk({ picked, categories, pickAll, pickNone, changed }) {
  const isOpen = useSignal(false);
  const n = picked.size;
  return html`
    ${
      n > 0 &&
      html`<div class="bulk-bar" role="region" aria-label=${t("bulk.title", { n })}>
        <button type="button" class="btn btn-primary" onClick=${() => (isOpen.value = true)}>
          ${t("bulk.change", { n })}
        </button>
        <button type="button" class="btn btn-quiet" onClick=${pickAll}>${t("bulk.all_shown")}</button>
        <button type="button" class="btn btn-quiet" onClick=${pickNone}>${t("bulk.none")}</button>
      </div>`
    }
    ${
      isOpen.value &&
      html`<${BulkSheet}
        products=${[...picked.values()]}
        categories=${categories}
        onClose=${() => {
          isOpen.value = false;
          pickNone();
        }}
        onChanged=${changed}
      />`
    }
  `;
}

/** @param {{ chain: Rest.ChainAnswer, edits: boolean }} props */
function Goods({ chain, edits }) {
  const [search, look] = useFilters(/** @type {Search} */ (EVERYTHING));
  const categories = useCategories(chain.slug);
  const list = useListing(`/api/products?${queryOf({ chain: chain.slug, page_size: String(PAGE), ...search })}`);
  const { opened, open, ask, close } = useOpened(list.rows);
  const { picked, pick, pickNone } = usePicked();
  const changed = () => {
    list.again();
    categories.again();
  };
  const row = (/** @type {Rest.ProductAnswer} */ one) => html`<${Good}
    product=${one}
    open=${(/** @type {Rest.ProductAnswer} */ it) => ask(it.id)}
    picked=${picked.has(one.id)}
    onPick=${edits ? (/** @type {boolean} */ on) => pick(one, on) : null}
  />`;
  return html`
    <${Head} chain=${chain} edits=${edits} open=${open} />
    ${!edits && html`<p class="note"><${Icon} name="info" />${t("problem.catalogue_of_the_chain")}</p>`}
    <${SearchForm} search=${search} categories=${categories.choices} onSearch=${look} />
    <${Listed}
      list=${list}
      class="goods"
      count="count.products"
      row=${row}
      empty=${html`<${Empty} icon="bag" title=${t("catalogue.none")} text=${t("catalogue.none_text")} />`}
    />
    <${Bulk}
      picked=${picked}
      categories=${categories.choices}
      pickAll=${() => list.rows?.forEach((/** @type {Rest.ProductAnswer} */ one) => pick(one, true))}
      pickNone=${pickNone}
      changed=${changed}
    />
    <${Open}
      opened=${opened}
      chain=${chain}
      edits=${edits}
      categories=${categories.choices}
      close=${close}
      changed=${changed}
    />
  `;
}

/** @typedef {{ chains?: Rest.ChainAnswer[], me?: Rest.MeAnswer, problem?: Problem }} Found */

function Page() {
  const found = useSignal(/** @type {Found} */ ({}));
  const [chosen, choose] = useAddress("chain");
  useEffect(() => {
    document.title = t("title.catalogue");
  }, [lang.value]);
  useEffect(() => {
    const load = async () => {
      const me = await auth.call("GET", "/api/me");
      found.value = { me, chains: await managedChains(me) };
    };
    load().catch((problem) =>
      problem.code === "signed_out" ? location.replace(signInUrl()) : (found.value = { problem }),
    );
  }, []);
  const { chains, me, problem } = found.value;
  const chain = chains?.find((one) => one.slug === chosen) ?? chains?.[0];
  const inside = () => {
    if (problem) return html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`;
    if (!chains || !me) return html`<${Loading} />`;
    if (!chain)
      return html`
        <h1>${t("catalogue.title")}</h1>
        <${Empty} icon="locked" title=${t("catalogue.denied")} text=${t("catalogue.denied_text")} />
      `;
    return html`
      <${Chains} chains=${chains} chain=${chain.slug} choose=${choose} />
      <${Goods} key=${chain.slug} chain=${chain} edits=${editsCatalogue(me, chain)} />
    `;
  };
  return html`
    <${Frame} here="catalogue" chain=${chain?.slug} />
    <main class="catalogue" id="main">${inside()}</main>
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
