/** The frame of a page at which staff stands in a branch: the exit, the till. */
import { html, useEffect, useSignal } from "../ui.js";
import { t, lang, reason, zone } from "../i18n.js";
import { auth } from "../api.js";
import { Frame } from "../frame/frame.js";
import { Empty, Loading, Toasts } from "../parts/common.js";
import { signIn } from "./parts.js";

export const branch = decodeURIComponent(location.pathname.split("/")[2] ?? "");
export const api = `/api/branches/${encodeURIComponent(branch)}`;

/**
 * In the place of a page about the branch while it is not known, or why it is not shown.
 * @param {{ problem?: Problem }} props
 */
export function NotYet({ problem }) {
  if (!problem) return html`<main id="main"><${Loading} /></main>`;
  const denied = problem.status === 404 || problem.status === 403;
  return html`<main id="main">
    <${Empty}
      icon=${denied ? "locked" : "offline"}
      title=${t(denied ? "denied.title" : "orders.failed")}
      text=${denied ? t("denied.text", { code: branch }) : reason(problem)}
    >
      <button type="button" class="btn btn-primary" onClick=${() => location.reload()}>${t("retry")}</button>
    <//>
  </main>`;
}

/**
 * Shows `children` to who may stand there. `here`: the page's key, also of the document's title.
 * @param {{ here: string, children: any }} props
 */
export function Post({ here, children }) {
  const found = useSignal(/** @type {any | null} */ (null));
  useEffect(() => {
    if (!auth.signedIn) return signIn();
    auth.call("GET", api).then(
      (answer) => {
        zone.value = answer.timezone;
        found.value = { answer };
      },
      (problem) => (problem.code === "signed_out" ? signIn() : (found.value = { problem })),
    );
  }, []);
  const name = found.value?.answer?.name ?? branch;
  useEffect(() => {
    document.title = t(`title.${here}`, { name });
  }, [lang.value, name]);
  const { answer, problem } = found.value ?? {};
  return html`
    <${Frame} here=${here} branch=${branch} name=${answer?.name} />
    ${answer ? children : html`<${NotYet} problem=${problem} />`}
    <${Toasts} />
  `;
}
