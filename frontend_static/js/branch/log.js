/** What happened in the branch: the latest beside the map, and a sheet with who did it and why. */
import { html, useEffect, useState } from "../ui.js";
import { t, timeOfDay } from "../i18n.js";
import { auth } from "../api.js";
import { present } from "../present.js";
import { Loading, Sheet } from "../parts/common.js";
import { Refusal, useRequest } from "../parts/forms.js";
import { alarmText } from "./alarm-text.js";
import { Row, sentence } from "./panel/timeline.js";
import { useStore } from "./context.js";

/** @typedef {Rest.BranchHappeningAnswer} Happening */
/** So many are told beside the map. */
const BESIDE = 12;

/**
 * What the journal has of the branch's trolleys, as far as there are words for it.
 * @param {string} code
 * @returns {Promise<Happening[]>}
 */
const readLog = async (code) => {
  const rows = await auth.call("GET", `/api/branches/${encodeURIComponent(code)}/timeline`);
  return rows.filter(sentence);
};

/** @param {{ code: string, onClose: () => void }} props */
function Log({ code, onClose }) {
  const [rows, setRows] = useState(/** @type {Happening[] | null} */ (null));
  const { busy, problem, run } = useRequest();
  const read = async () => {
    const found = await run(() => readLog(code));
    if (found) setRows(found);
  };
  useEffect(() => {
    read();
  }, [code]);
  return html`<${Sheet} side title=${t("latest.title")} onClose=${onClose}>
    <div class="stack">
      <a class="btn btn-quiet" href=${`/branch/${encodeURIComponent(code)}/office?tab=audit`}>${t("latest.audit")}</a>
      <${Refusal} problem=${problem} />
      ${!rows && !problem && html`<${Loading} />`}
      ${rows?.length === 0 && html`<p class="soft">${t("latest.never")}</p>`}
      <ol class="happenings">
        ${(rows ?? []).map(
          (one) => html`<${Row}
            key=${`${one.trolley_id}/${one.seq}`}
            one=${one}
            trolley=${t("trolley.number", { n: one.cart_number })}
          />`,
        )}
      </ol>
      <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${read}>${t("latest.again")}</button>
    </div>
  <//>`;
}

/** What happened while the page was open, and below it what had happened before. */
export function Latest() {
  const { board, happened, code } = useStore();
  const [open, setOpen] = useState(false);
  const [before, setBefore] = useState(/** @type {Happening[]} */ ([]));
  useEffect(() => {
    readLog(code).then(setBefore, () => {}); // the connection's banner says so; what happens now is told all the same
  }, [code]);
  const live = happened.value;
  const oldest = live.at(-1)?.at ?? "~";
  const earlier = before.filter((one) => one.at < oldest).slice(0, Math.max(0, BESIDE - live.length));
  return html`<section class="latest">
    <h2 class="small soft row tight">
      ${t("latest.title")}
      <button type="button" class="btn btn-bare push" onClick=${() => setOpen(true)}>${t("latest.all")}</button>
    </h2>
    <ol aria-live="polite" aria-relevant="additions">
      ${live.length + earlier.length === 0 && html`<li class="soft">${t("latest.never")}</li>`}
      ${live.map(
        (one) => html`<li key=${one.key}>
          <time class="num soft">${timeOfDay(one.at)}</time> ${t(`event.${one.name}`, {
            trolley: one.trolley_id,
            holder: one.holder || t("someone"),
            alarm: one.alarm ? alarmText(one.alarm, present(board.value)) : "",
          })}
        </li>`,
      )}
      ${earlier.map(
        (one) => html`<li key=${`${one.trolley_id}/${one.seq}`}>
          <time class="num soft">${timeOfDay(one.at)}</time> ${one.trolley_id}: ${sentence(one)}
        </li>`,
      )}
    </ol>
    ${open && html`<${Log} code=${code} onClose=${() => setOpen(false)} />`}
  </section>`;
}
