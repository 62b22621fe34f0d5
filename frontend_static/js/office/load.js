/** What the office's parts share: reading from the API, and where the page is. */
import { html, useEffect, useState } from "../ui.js";
import { reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { signInUrl } from "../next.js";
import { Empty, Loading } from "../parts/common.js";

const [, first, second] = location.pathname.split("/");

/** The chain of the page `/office/<chain>`, else null. */
export const chainOfPage = first === "office" ? decodeURIComponent(second ?? "") : null;
/** The branch of the page `/branch/<branch>/office`, else null. */
export const branchOfPage = first === "branch" ? decodeURIComponent(second ?? "") : null;
/** The path of the API that the page is about. */
export const base = branchOfPage
  ? `/api/branches/${encodeURIComponent(branchOfPage)}`
  : `/api/chains/${encodeURIComponent(chainOfPage ?? "")}`;

/** @typedef {{ data: any, problem: Problem | null, reload: () => void }} Loaded */

/**
 * What a path of the API says now. A new path is read at once; `reload` reads it again.
 * @param {string} path
 * @returns {Loaded}
 */
export function useLoaded(path) {
  const [found, setFound] = useState(/** @type {{ path: string, data?: any, problem?: Problem }} */ ({ path: "" }));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    auth.call("GET", path).then(
      (data) => over || setFound({ path, data }),
      (problem) => {
        if (problem.code === "signed_out") signIn();
        else if (!over) setFound({ path, problem });
      },
    );
    return () => {
      over = true;
    };
  }, [path, turn]);
  const { data = null, problem = null } = found;
  return { data, problem, reload: () => setTurn(turn + 1) };
}

export function signIn() {
  location.replace(signInUrl());
}

/**
 * What is shown while there is nothing to show, or null.
 * @param {Loaded} loaded
 */
export function waiting({ data, problem, reload }) {
  if (problem)
    return html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(problem)}>
      <button type="button" class="btn btn-primary" onClick=${reload}>${t("retry")}</button>
    <//>`;
  return data ? null : html`<${Loading} />`;
}
