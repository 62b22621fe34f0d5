/** Which chains somebody's account has to do with, and what it may there. */
import { auth } from "./api.js";

/**
 * Every page of a list.
 * @param {string} path
 * @returns {Promise<any[]>}
 */
export async function all(path) {
  const { results, next } = await auth.call("GET", path);
  if (!next) return results;
  const { pathname, search } = new URL(next, location.origin);
  return [...results, ...(await all(pathname + search))];
}

/**
 * @param {Rest.MeAnswer} me
 * @param {string} slug
 */
const manages = (me, slug) =>
  me.is_platform_admin ||
  me.roles.some((one) => one.chain === slug && (one.role === "manager" || one.role === "chain_admin"));

/**
 * Whether the account may change the chain's catalogue: managers of single branches only where the chain lets them.
 * @param {Rest.MeAnswer} me
 * @param {Rest.ChainAnswer} chain
 */
export const editsCatalogue = (me, chain) =>
  manages(me, chain.slug) &&
  (me.is_platform_admin ||
    chain.branch_managers_edit_catalogue ||
    me.roles.some((one) => one.chain === chain.slug && one.branch === null && one.role !== "staff"));

/**
 * The chains all of whose catalogue the account may read: [{slug, name, currency}].
 * @param {Rest.MeAnswer} me
 */
export async function managedChains(me) {
  if (!me.is_platform_admin && !me.roles.length) return [];
  return (await all("/api/chains")).filter((chain) => manages(me, chain.slug));
}
