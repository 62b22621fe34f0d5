/** The catalogue: search, change a product, import a price list after having seen what it would do. */
import { html, cx, render, useEffect, useRef, useSignal } from "../ui.js";
import { lang, money, reason, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { managedChains } from "../chains.js";
import { Icon } from "../parts/icons.js";
import { Brand, Empty, LangSwitch, Loading, ThemeSwitch, Toasts, toast } from "../parts/common.js";
import { ProductSheet, Picture } from "./product.js";
import { ImportSheet } from "./importing.js";

const SIGN_IN = `/login?next=${encodeURIComponent("/catalogue")}`;
const PAGE = 40;
const SOON_MS = 200;

/** @param {{ product: Rest.ProductAnswer, open: (product: Rest.ProductAnswer) => void }} props */
function Good({ product, open }) {
  return html`<li>
    <button type="button" class=${cx("good", !product.is_active && "good-off")} onClick=${() => open(product)}>
      <${Picture} product=${product} />
      <span>
        <span class="good-name" dir="auto">${product.name}</span>
        <br />
        <span class="small soft">
          <span class="code">${product.barcode}</span>
          ${!product.is_active && html` · ${t("catalogue.off")}`}
        </span>
      </span>
      <span class="price num">${money(product.price, product.currency)}</span>
    </button>
  </li>`;
}

/**
 * Keep the catalogue as a file. Raises Problem.
 * @param {string} chain
 */
async function download(chain) {
  const answer = await fetch(`/api/products/export?chain=${encodeURIComponent(chain)}`, {
    headers: { Authorization: `Bearer ${await auth.access()}` },
  });
  if (!answer.ok) throw await answer.json();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `products-${chain}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/**
 * Whose catalogue it is, for those who manage several.
 * @param {{ chains: Rest.ChainAnswer[], chain: string, choose: (slug: string) => void }} props
 */
function Chains({ chains, chain, choose }) {
  if (chains.length < 2) return null;
  return html`<label class="field-inline">
    ${t("catalogue.chain")} <select class="input" value=${chain} onChange=${(/** @type {Chosen} */ e) => choose(e.target.value)}>
      ${chains.map((one) => html`<option key=${one.slug} value=${one.slug}>${one.name}</option>`)}
    </select>
  </label>`;
}

/** @param {{ chain: string }} props */
function Goods({ chain }) {
  const [words, found, pages, opened, importing] = [
    useSignal(""),
    useSignal(/** @type {Page<Rest.ProductAnswer> | null} */ (null)),
    useSignal(1),
    useSignal(/** @type {Rest.ProductAnswer | null} */ (null)),
    useSignal(false),
  ];
  const asked = useRef(0);
  const load = async () => {
    const turn = ++asked.current;
    const query = queryOf({
      chain,
      page_size: String(PAGE * pages.value),
      search: words.value,
      ordering: "name",
    });
    try {
      const answer = await auth.call("GET", `/api/products?${query}`);
      if (turn === asked.current) found.value = answer; // a slower answer to older words is not shown
    } catch (problem) {
      if (problem.code === "signed_out") location.replace(SIGN_IN);
      else toast(reason(problem), { bad: true });
    }
  };
  useEffect(() => {
    const soon = setTimeout(load, SOON_MS);
    return () => clearTimeout(soon);
  }, [words.value, pages.value]);
  const rows = found.value?.results ?? [];
  const open = (/** @type {Rest.ProductAnswer} */ product) => (opened.value = product);
  return html`
    <div class="catalogue-head">
      <h1>${t("catalogue.title")}</h1>
      <label class="visually-hidden" for="words">${t("catalogue.search")}</label>
      <input
        id="words"
        class="input"
        type="search"
        placeholder=${t("catalogue.search")}
        dir="auto"
        value=${words.value}
        onInput=${(/** @type {Typed} */ e) => {
          words.value = e.target.value;
          pages.value = 1;
        }}
      />
      <button type="button" class="btn btn-primary" onClick=${() => (importing.value = true)}>
        <${Icon} name="plus" />
        ${t("catalogue.import")}
      </button>
      <button
        type="button"
        class="btn btn-quiet"
        onClick=${() => download(chain).catch((problem) => toast(reason(problem), { bad: true }))}
      >
        <${Icon} name="download" />
        ${t("catalogue.export")}
      </button>
    </div>
    ${
      !found.value
        ? html`<${Loading} />`
        : html`
          <p class="small soft" role="status">${t("count.products", { n: found.value.count })}</p>
          ${
            rows.length
              ? html`<ul class="goods">
                ${rows.map((one) => html`<${Good} key=${one.id} product=${one} open=${open} />`)}
              </ul>`
              : html`<${Empty} icon="bag" title=${t("catalogue.none")} text=${t("catalogue.none_text")} />`
          }
          ${
            rows.length < Math.min(found.value.count, 200) &&
            html`<button type="button" class="btn btn-quiet" onClick=${() => (pages.value += 1)}>
              ${t("catalogue.more")}
            </button>`
          }
        `
    }
    ${
      opened.value &&
      html`<${ProductSheet} product=${opened.value} onClose=${() => (opened.value = null)} onSaved=${load} />`
    }
    ${
      importing.value &&
      html`<${ImportSheet}
        chain=${chain}
        onClose=${() => {
          importing.value = false;
          load();
        }}
      />`
    }
  `;
}

function Page() {
  const [chains, chosen, problem] = [
    useSignal(/** @type {Rest.ChainAnswer[] | null} */ (null)),
    useSignal(new URLSearchParams(location.search).get("chain")),
    useSignal(/** @type {Problem | null} */ (null)),
  ];
  useEffect(() => {
    document.title = t("title.catalogue");
  }, [lang.value]);
  useEffect(() => {
    const load = async () => (chains.value = await managedChains(await auth.call("GET", "/api/me")));
    load().catch((refused) => (refused.code === "signed_out" ? location.replace(SIGN_IN) : (problem.value = refused)));
  }, []);
  const choose = (/** @type {string} */ slug) => {
    chosen.value = slug;
    history.replaceState(null, "", `?chain=${encodeURIComponent(slug)}`);
  };
  const inside = () => {
    if (problem.value)
      return html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem.value)}</p>`;
    if (!chains.value) return html`<${Loading} />`;
    const chain = (chains.value.find((one) => one.slug === chosen.value) ?? chains.value[0])?.slug;
    if (!chain)
      return html`
        <h1>${t("catalogue.title")}</h1>
        <${Empty} icon="locked" title=${t("catalogue.denied")} text=${t("catalogue.denied_text")} />
      `;
    return html`
      <${Chains} chains=${chains.value} chain=${chain} choose=${choose} />
      <${Goods} key=${chain} chain=${chain} />
    `;
  };
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="catalogue" id="main">${inside()}</main>
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
