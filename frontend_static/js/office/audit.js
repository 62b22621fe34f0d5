/** Who did what, and why. */
import { html, useEffect, useState } from "../ui.js";
import { dayAndTime, reason, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Empty, Loading } from "../parts/common.js";
import { keep } from "../parts/files.js";
import { Rows } from "../parts/rows.js";
import { branchOfPage, chainOfPage } from "./load.js";

const KINDS = ["", "trolley.", "rental.", "session.", "stock.", "order.", "product.", "member.", "branch.", "chain."];
const SOON_MS = 250;

/** @param {{ entry: Rest.EntryAnswer, zone?: string }} props */
const Entry = ({ entry, zone }) => html`<li class="office-row">
  <span class="grow">
    <strong class="code">${entry.what}</strong>
    <span class="small"><span class="code">${entry.on}</span></span>
    ${entry.reason && html`<span class="small" dir="auto">${entry.reason}</span>`}
    ${Object.entries(entry.changes).map(
      ([field, change]) => html`<span key=${field} class="changes soft" dir="ltr">
        ${field}: ${String(/** @type {any} */ (change)[0] ?? "–")} → ${String(/** @type {any} */ (change)[1] ?? "–")}
      </span>`,
    )}
  </span>
  <span class="small soft num">${dayAndTime(entry.at, zone)}</span>
  <span class="small"><bdi>${entry.name ?? entry.who}</bdi></span>
</li>`;

/** @param {{ zone?: string }} props */
export function AuditTab({ zone }) {
  const [who, setWho] = useState("");
  const [what, setWhat] = useState("");
  const [found, setFound] = useState(/** @type {{ rows: Rest.EntryAnswer[], next: number | null } | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const query = queryOf({ who, what, branch: branchOfPage ?? "", chain: chainOfPage ?? "" });
  const read = async (/** @type {number | null} */ cursor) => {
    const answer = await auth.call("GET", `/api/audit?${query}${cursor ? `&cursor=${cursor}` : ""}`);
    return { rows: answer.results, next: answer.next };
  };
  useEffect(() => {
    let over = false;
    const soon = setTimeout(() => {
      read(null).then(
        (page) => {
          if (over) return;
          setFound(page);
          setProblem(null);
        },
        (refused) => over || setProblem(refused),
      );
    }, SOON_MS);
    return () => {
      over = true;
      clearTimeout(soon);
    };
  }, [who, what]);
  const more = async () => {
    if (!found) return;
    const page = await read(found.next);
    setFound({ rows: [...found.rows, ...page.rows], next: page.next });
  };
  return html`
    <div class="filters">
      <div class="field">
        <label for="who">${t("audit.who")}</label>
        <input
          id="who"
          class="input"
          type="search"
          dir="auto"
          value=${who}
          onInput=${(/** @type {Typed} */ e) => setWho(e.target.value)}
        />
      </div>
      <div class="field">
        <label for="what">${t("audit.what")}</label>
        <select id="what" class="input" value=${what} onChange=${(/** @type {Typed} */ e) => setWhat(e.target.value)}>
          ${KINDS.map((one) => html`<option key=${one} value=${one}>${one ? `${one}*` : t("sales.all")}</option>`)}
        </select>
      </div>
      <button type="button" class="btn btn-quiet" onClick=${() => keep(`/api/audit/export.csv?${query}`, "audit.csv")}>
        ${t("office.csv")}
      </button>
    </div>
    ${
      problem
        ? html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(problem)} />`
        : !found
          ? html`<${Loading} />`
          : found.rows.length
            ? html`<${Rows}
              class="office-list"
              rows=${found.rows}
              row=${(/** @type {Rest.EntryAnswer} */ one) => html`<${Entry} entry=${one} zone=${zone} />`}
            />`
            : html`<${Empty} icon="list" title=${t("audit.none")} />`
    }
    ${found?.next && html`<button type="button" class="btn btn-quiet" onClick=${more}>${t("catalogue.more")}</button>`}
  `;
}
