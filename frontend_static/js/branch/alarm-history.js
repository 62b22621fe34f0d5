/** The branch's alarms, those that are over too: filtered by the server, newest first. */
import { html, useEffect, useState } from "../ui.js";
import { dayAndTime, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Loading, Sheet } from "../parts/common.js";
import { Refusal, useRequest } from "../parts/forms.js";
import { alarmText } from "./alarm-text.js";

/** @typedef {Rest.AlarmAnswer} Alarm */

const KINDS = [
  "device_offline",
  "bus_fault",
  "lock_failed",
  "slot_unknown",
  "stray",
  "overdue",
  "unpaid",
  "help_wanted",
  "low_stock",
  "many_claims",
  "refund_failed",
  "payment_disputed",
  "age_check",
  "tag_check",
  "weighing",
];
const SEVERITIES = ["critical", "major", "minor", "warning"];

/**
 * @param {{ name: string, label: string, values: [string, string][], chosen: string,
 *   onChoose: (value: string) => void }} props
 */
const Choice = ({ name, label, values, chosen, onChoose }) => html`<div class="field">
  <label for=${`history-${name}`}>${label}</label>
  <select
    id=${`history-${name}`}
    class="input"
    value=${chosen}
    onChange=${(/** @type {Typed} */ e) => onChoose(e.target.value)}
  >
    <option value="">${t("history.all")}</option>
    ${values.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
  </select>
</div>`;

/** Who saw to it and how it ended. @param {Alarm} alarm */
function ending({ assignee, note, cleared_at, cleared_by }) {
  const parts = [
    assignee && t("alarm.assignee", { name: assignee }),
    note,
    cleared_at
      ? cleared_by
        ? t("history.cleared_by", { name: cleared_by, time: dayAndTime(cleared_at) })
        : t("history.ended", { time: dayAndTime(cleared_at) })
      : t("history.stands"),
  ];
  return parts.filter(Boolean);
}

/** @param {{ alarm: Alarm, board: import("./states.js").Board }} props */
const Row = ({ alarm, board }) => html`<li class=${`happening sev-${alarm.severity}`}>
  <time class="small soft num" datetime=${alarm.raised_at}>${dayAndTime(alarm.raised_at)}</time>
  <span>
    <strong>${alarmText(alarm, board)}</strong><br />
    <span class="small soft">
      ${ending(alarm).map((part, place) => html`${place > 0 && " · "}<bdi key=${part}>${part}</bdi>`)}
    </span>
  </span>
</li>`;

/** @param {{ board: import("./states.js").Board, onClose: () => void }} props */
export function AlarmHistory({ board, onClose }) {
  const [asked, setAsked] = useState({ kind: "", severity: "", standing: "" });
  const [rows, setRows] = useState(/** @type {Alarm[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const { busy, problem, run } = useRequest();
  const read = async (/** @type {Alarm[]} */ before, /** @type {string} */ path) => {
    const page = await run(() => auth.call("GET", path));
    if (!page) return;
    setRows([...before, ...page.results]);
    setNext(page.next && page.next.replace(location.origin, ""));
  };
  useEffect(() => {
    read([], `/api/branches/${encodeURIComponent(board.branch.code)}/alarms?${queryOf(asked)}`);
  }, [asked]);
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => setAsked({ ...asked, [name]: value });
  /** @type {[string, string][]} */
  const standing = [
    ["true", t("history.stands")],
    ["false", t("history.over")],
  ];
  return html`<${Sheet} side title=${t("history.title")} onClose=${onClose}>
    <div class="stack">
      <${Choice}
        name="kind"
        label=${t("history.kind")}
        values=${KINDS.map((kind) => [kind, t(`history.kind.${kind}`)])}
        chosen=${asked.kind}
        onChoose=${set("kind")}
      />
      <div class="row">
        <${Choice}
          name="severity"
          label=${t("history.severity")}
          values=${SEVERITIES.map((one) => [one, t(`severity.${one}`)])}
          chosen=${asked.severity}
          onChoose=${set("severity")}
        />
        <${Choice}
          name="standing"
          label=${t("history.state")}
          values=${standing}
          chosen=${asked.standing}
          onChoose=${set("standing")}
        />
      </div>
      <${Refusal} problem=${problem} />
      ${!rows && !problem && html`<${Loading} />`}
      ${rows?.length === 0 && html`<p class="soft">${t("history.none")}</p>`}
      <ol class="happenings">
        ${(rows ?? []).map((alarm) => html`<${Row} key=${alarm.alarm_id} alarm=${alarm} board=${board} />`)}
      </ol>
      ${
        next &&
        html`<button type="button" class="btn btn-quiet" disabled=${busy} onClick=${() => read(rows ?? [], next)}>
          ${t("timeline.more")}
        </button>`
      }
    </div>
  <//>`;
}
