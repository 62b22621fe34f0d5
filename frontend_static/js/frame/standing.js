/** Who looks at a page of staff, and of which branch and chain it is. */
import { signal } from "../ui.js";
import { auth } from "../api.js";
import { onlyBranchOf } from "./places.js";

/**
 * `me` is null until it is known, and stays so when it is not to be had: the page says why. `code` is the branch of
 * the page, or the one branch that they work in.
 * @typedef {{ me: Rest.MeAnswer | null, code: string | null, chain: string | null }} Standing
 */

/**
 * The chain of a branch: a role in the branch names it, who looks over chains asks. Null for who has no business there.
 * @param {Rest.MeAnswer} me
 * @param {string} code
 * @returns {Promise<string | null>}
 */
async function chainOf(me, code) {
  const role = me.roles.find((one) => one.branch === code);
  if (role) return role.chain;
  if (!me.is_platform_admin && me.roles.every((one) => one.branch)) return null;
  return (await auth.call("GET", `/api/branches/${encodeURIComponent(code)}`)).chain;
}

/**
 * Learn who it is and where; the signal moves when that is known. A branch is named by its code, a chain by its slug.
 * @param {import("./places.js").Whereabouts} where
 */
export function learnStanding({ branch = null, chain = null }) {
  const standing = signal(/** @type {Standing} */ ({ me: null, code: branch, chain }));
  const load = async () => {
    const me = await auth.call("GET", "/api/me");
    const code = branch ?? onlyBranchOf(me);
    standing.value = { me, code, chain };
    if (code && !chain) standing.value = { me, code, chain: await chainOf(me, code) };
  };
  if (auth.signedIn) load().catch(() => {});
  return standing;
}
