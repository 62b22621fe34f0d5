/** Give an alarm to a colleague, with a word to that. */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Refusal, Submit, useRequest } from "../parts/forms.js";
import { useStore } from "./context.js";

/** @typedef {Rest.ColleagueAnswer} Colleague */

/**
 * Who works in the branch: null while that is not known.
 * @param {string} branch
 */
function useColleagues(branch) {
  const [found, setFound] = useState(/** @type {Colleague[] | null} */ (null));
  const { problem, run } = useRequest();
  useEffect(() => {
    const path = `/api/branches/${encodeURIComponent(branch)}/colleagues?page_size=200`;
    run(() => auth.call("GET", path)).then((page) => page && setFound(page.results));
  }, [branch]);
  return { found, problem };
}

/** @param {{ alarm: Live.AlarmView, branch: string, onDone: () => void }} props */
export function HandOver({ alarm, branch, onDone }) {
  const { handOver } = useStore();
  const { found, problem: unread } = useColleagues(branch);
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(() => handOver(alarm.alarm_id, to, note.trim()))) onDone();
  };
  return html`<form class="alarm-orders alarm-give" onSubmit=${submit}>
    <select
      class="input"
      aria-label=${t("give.to")}
      disabled=${!found}
      value=${to}
      onChange=${(/** @type {Typed} */ e) => setTo(e.target.value)}
    >
      <option value="">${t("give.to")}</option>
      ${(found ?? []).map((one) => html`<option key=${one.user_id} value=${one.user_id}>${one.name}</option>`)}
    </select>
    <input
      class="input"
      dir="auto"
      maxlength="300"
      placeholder=${t("give.note")}
      aria-label=${t("give.note")}
      value=${note}
      onInput=${(/** @type {Typed} */ e) => setNote(e.target.value)}
    />
    <${Submit} class="btn-primary" busy=${busy} missing=${[!to && t("give.to")]}>
      ${t("give.do")}
    <//>
    <${Refusal} problem=${problem ?? unread} />
  </form>`;
}
