/** Where somebody can go, by their roles and by the branch or chain that they look at. Pure. */
import { ADMIN } from "../next.js";

/**
 * A page that the navigation offers; `key` names its word, `nav.<key>`.
 * @typedef {{ key: string, icon: string, href: string }} Place
 * Whose branch or chain a page is about, as far as that is known.
 * @typedef {{ branch?: string | null, chain?: string | null }} Whereabouts
 */

const part = encodeURIComponent;

/**
 * Whether the account works in the branch, whatever it may do there.
 * @param {Rest.MeAnswer} me
 * @param {Whereabouts} where
 */
const worksIn = (me, { branch, chain }) =>
  me.is_platform_admin || me.roles.some((one) => one.branch === branch || (one.branch === null && one.chain === chain));

/**
 * Whether the account manages something of the chain: a branch, or all of it.
 * @param {Rest.MeAnswer} me
 * @param {string} chain
 */
const managesIn = (me, chain) =>
  me.is_platform_admin || me.roles.some((one) => one.chain === chain && one.role !== "staff");

/**
 * Whether the account looks over the whole chain.
 * @param {Rest.MeAnswer} me
 * @param {string} chain
 */
const oversees = (me, chain) =>
  me.is_platform_admin || me.roles.some((one) => one.chain === chain && one.branch === null);

/**
 * The pages of a branch and of its chain that the account may open, in the order of a day's work.
 * @param {Rest.MeAnswer} me
 * @param {Whereabouts} where
 * @returns {Place[]}
 */
export function placesFor(me, where) {
  const { branch, chain } = where;
  /** @type {Place[]} */
  const places = [];
  const add = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {string} */ href) =>
    places.push({ key, icon, href });
  if (branch && worksIn(me, where)) {
    const home = `/branch/${part(branch)}`;
    add("map", "map", home);
    add("orders", "receipt", `${home}/orders`);
    add("exit", "exit", `${home}/exit`);
    add("devices", "device", `${home}/devices`);
    add("office", "list", `${home}/office`);
    add("till", "card", `${home}/till`);
  }
  if (chain && managesIn(me, chain)) {
    add("catalogue", "bag", `/catalogue?chain=${part(chain)}`);
    add("people", "person", `/people/${part(chain)}`);
  }
  if (chain && oversees(me, chain)) add("chain", "store", `/office/${part(chain)}`);
  if (me.is_platform_admin) add("admin", "wrench", ADMIN);
  return places;
}

/**
 * The same page of another branch: its orders after these orders. An address of a thing leads to the list of such.
 * @param {string} pathname
 * @param {string} code
 */
export function sameOf(pathname, code) {
  const [, room, , page = ""] = pathname.split("/");
  return `/branch/${part(code)}${room === "branch" && page ? `/${page}` : ""}`;
}

/**
 * The one branch that somebody works in; null for those of several, of a chain, or of none.
 * @param {Rest.MeAnswer} me
 */
export function onlyBranchOf(me) {
  const [branch, ...others] = new Set(me.roles.map((one) => one.branch));
  return me.is_platform_admin || others.length ? null : (branch ?? null);
}

/**
 * Where somebody works who has just signed in: their one branch, their choice of several; else the shop. Whose
 * roles wait for a second factor turns one on first.
 * @param {Rest.MeAnswer} me
 */
export function landingOf(me) {
  const branch = onlyBranchOf(me);
  if (branch) return `/branch/${part(branch)}`;
  if (me.is_platform_admin || me.roles.length) return "/#branches";
  return me.withheld_roles.length ? "/account#second-factor" : "/shop";
}
