/** What the office's parts share: reading from the API, files to keep, and where the page is. */
import { html, useEffect, useState } from "../ui.js";
import { reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { Empty, Loading, toast } from "../parts/common.js";

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
  location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
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

/**
 * Fetch a file as the signed-in person, and open or keep it.
 * @param {string} path
 * @param {string} name
 */
export async function keep(path, name) {
  try {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${await auth.access()}` } });
    if (!response.ok) throw new Error(String(response.status));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch {
    toast(t("office.no_file"), { bad: true });
  }
}
