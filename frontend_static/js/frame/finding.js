/** Asks the server for the things that what is typed may mean: a trolley, an order, a product, a branch. */
import { auth, queryOf } from "../api.js";
import { dayAndTime, money, t } from "../i18n.js";

/** So many of a kind are shown. */
const FEW = 5;
const part = encodeURIComponent;

/**
 * Something that was found; `kind` names its word, `palette.<kind>`.
 * @typedef {{ kind: string, icon: string, href: string, name: string, detail: string }} Hit
 */

/** @type {(words: string, code: string) => Promise<Hit[]>} */
async function trolleys(words, code) {
  const number = /^(?:trolley[ _-]?)?0*(\d{1,5})$/i.exec(words)?.[1];
  if (!number) return [];
  /** @type {Rest.BranchTrolleyAnswer} */
  const one = await auth.call("GET", `/api/branches/${part(code)}/carts/${number}`);
  const href = `/branch/${part(code)}?trolley=${part(one.trolley_id)}`;
  const name = t("trolley.number", { n: one.cart_number });
  return [{ kind: "trolley", icon: "trolley", href, name, detail: one.trolley_id }];
}

/** @type {(words: string, code: string) => Promise<Hit[]>} */
async function orders(words, code) {
  const query = queryOf({ branch: code, search: words, page_size: String(FEW) });
  /** @type {Page<Rest.OrderSummary>} */
  const { results } = await auth.call("GET", `/api/orders?${query}`);
  return results.map((one) => ({
    kind: "order",
    icon: "receipt",
    href: `/branch/${part(code)}/orders?order=${one.id}`,
    name: `${t("order.number", { n: one.number ?? "…" })} · ${money(one.total, one.currency)}`,
    detail: dayAndTime(one.placed_at),
  }));
}

/** @type {(words: string, chain: string) => Promise<Hit[]>} */
async function products(words, chain) {
  const query = queryOf({ chain, search: words, page_size: String(FEW) });
  /** @type {Page<Rest.ProductAnswer>} */
  const { results } = await auth.call("GET", `/api/products?${query}`);
  return results.map((one) => ({
    kind: "product",
    icon: "bag",
    href: `/catalogue?chain=${part(chain)}&product=${one.id}`,
    name: one.name,
    detail: money(one.price, one.currency),
  }));
}

/**
 * What the words may mean where somebody stands, at most a few of each kind. What is refused or fails is not there.
 * @param {string} words
 * @param {import("./standing.js").Standing} standing
 */
export async function findThings(words, { code, chain }) {
  const ordered = code ? orders(words, code) : [];
  const sold = chain ? products(words, chain) : [];
  // A number is an order's before it is a part of a barcode; a word is a product's before it is a customer's.
  const asked = [code ? trolleys(words, code) : [], ...(/\d/.test(words) ? [ordered, sold] : [sold, ordered])];
  const found = await Promise.allSettled(asked);
  return found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
}
