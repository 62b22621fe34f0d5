/** What needs somebody, in one list: alarms that stand and trolleys in trouble, each with what can be done. */
import { html, cx, useState } from "../ui.js";
import { t, elapsed, number, timeOfDay } from "../i18n.js";
import { present } from "../present.js";
import { Icon } from "../parts/icons.js";
import { Refusal, useRequest } from "../parts/forms.js";
import { alarmText } from "./alarm-text.js";
import { AlarmHistory } from "./alarm-history.js";
import { HandOver } from "./handover.js";
import { disputeReason } from "../orders/dispute.js";
import { APPROVALS, Approval } from "./approvals.js";
import { useStore } from "./context.js";
import { CALLS, candidates, needs } from "./needs.js";
import { stateOf } from "./states.js";

/** @typedef {import("./states.js").Trolley} Trolley */
/** @typedef {import("./states.js").Board} Board */
/** @typedef {(trolley_id: string) => void} Open */
/** @typedef {(order: () => Promise<unknown>) => Promise<unknown>} Run */

/** So many trolleys are told apart at a glance; more of them are chosen from a list. */
const AT_A_GLANCE = 8;
/** So many things that need somebody are shown at once; the list says how many more there are. */
const SHOWN = 8;
/** So many that nobody sees to can be taken at once. */
const TAKEN_TOGETHER = 3;
/** @type {Record<string, string>} */
const SEVERITY_ICONS = { critical: "octagon", major: "alert", minor: "info", warning: "clock" };

/** @param {Live.AlarmView} alarm */
function why(alarm) {
  if (alarm.kind === "lock_failed" && alarm.detail) return t(`fault.${alarm.detail}`);
  if (alarm.kind === "refund_failed") return html`<bdi>${alarm.detail}</bdi>`;
  if (alarm.kind === "payment_disputed") return disputeReason(alarm.detail);
  if ((alarm.kind === "help_wanted" || APPROVALS.has(alarm.kind)) && alarm.detail)
    return html`<bdi>${alarm.detail}</bdi>`;
  return "";
}

/** @param {{ severity: string }} props */
function Badge({ severity }) {
  return html`<span class="alarm-badge" title=${t(`severity.${severity}`)}>
    <${Icon} name=${SEVERITY_ICONS[severity]} label=${t(`severity.${severity}`)} />
  </span>`;
}

/**
 * The trolley's own words about it: who holds it, and how long it has been so.
 * @param {{ holder: string | null, since: string | null, assignee?: string | null, note?: string }} props
 */
function Small({ holder, since, assignee, note }) {
  const { now } = useStore();
  const parts = [
    holder && t("held.by", { holder }),
    now.value && since && elapsed(since),
    assignee && t("alarm.assignee", { name: assignee }),
    note,
  ].filter(Boolean);
  return html`<span class="small soft num">
    ${parts.map((part, place) => html`${place > 0 && " · "}<bdi key=${part}>${part}</bdi>`)}
  </span>`;
}

/** @param {{ alarm: Live.AlarmView, branch: string, busy: boolean, run: Run }} props */
function Orders({ alarm, branch, busy, run }) {
  const store = useStore();
  const [gives, give] = useState(false);
  const [asks, ask] = useState(false);
  const help = alarm.kind === "help_wanted";
  const take = () => run(() => (help ? store.answerHelp : store.acknowledge)(alarm.alarm_id));
  return html`
    <div class="alarm-first">
      ${
        !alarm.assignee &&
        html`<button
          type="button"
          class=${cx("btn", alarm.kind === "slot_unknown" ? "btn-quiet" : "btn-primary")}
          disabled=${busy}
          onClick=${take}
        >
          ${t(help ? "alarm.come" : "alarm.take")}
        </button>`
      }
      <button
        type="button"
        class="btn btn-bare btn-icon"
        aria-expanded=${asks}
        aria-label=${t("alarm.else")}
        title=${t("alarm.else")}
        onClick=${() => ask(!asks)}
      >
        <${Icon} name="more" />
      </button>
    </div>
    ${gives && html`<${HandOver} alarm=${alarm} branch=${branch} onDone=${() => give(false)} />`}
    ${asks && !gives && html`<${Else} alarm=${alarm} busy=${busy} run=${run} onGive=${() => give(true)} />`}
  `;
}

/**
 * What else can be done about an alarm than to take it.
 * @param {{ alarm: Live.AlarmView, busy: boolean, run: Run, onGive: () => void }} props
 */
function Else({ alarm, busy, run, onGive }) {
  const store = useStore();
  return html`<div class="alarm-orders">
    ${
      alarm.ends_itself
        ? html`<${Snooze} alarm=${alarm} busy=${busy} run=${run} />`
        : html`<button
          type="button"
          class="btn btn-quiet"
          disabled=${busy}
          onClick=${() => run(() => store.clearAlarm(alarm.alarm_id))}
        >
          ${t("alarm.clear")}
        </button>`
    }
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${onGive}>
      <${Icon} name="person" />
      ${t(alarm.assignee ? "give.on" : "give.title")}
    </button>
    ${
      alarm.assignee &&
      !CALLS.has(alarm.kind) &&
      html`<button
        type="button"
        class="btn btn-quiet"
        disabled=${busy}
        onClick=${() => run(() => store.release(alarm.alarm_id))}
      >
        <${Icon} name="undo" />
        ${t("alarm.release")}
      </button>`
    }
  </div>`;
}

const SNOOZE_MINUTES = 15;
const SNOOZE_REASONS = ["snooze.ordered", "snooze.known", "snooze.later"];

/**
 * An alarm whose cause stands is not done with; it may wait, and the list says why.
 * @param {{ alarm: Live.AlarmView, busy: boolean, run: Run }} props
 */
function Snooze({ alarm, busy, run }) {
  const store = useStore();
  const [asks, ask] = useState(false);
  if (!asks)
    return html`<button type="button" class="btn btn-quiet" disabled=${busy} onClick=${() => ask(true)}>
      <${Icon} name="clock" />
      ${t("snooze.do", { n: SNOOZE_MINUTES })}
    </button>`;
  const choose = (/** @type {string} */ key) =>
    run(async () => {
      await store.snooze(alarm.alarm_id, SNOOZE_MINUTES, t(key));
      ask(false);
    });
  return html`<div class="chips" role="group" aria-label=${t("snooze.why")}>
    ${SNOOZE_REASONS.map(
      (key) => html`<button key=${key} type="button" class="chip" disabled=${busy} onClick=${() => choose(key)}>
        ${t(key)}
      </button>`,
    )}
  </div>`;
}

/**
 * Who lets it wait until when, and what hangs on the same cause.
 * @param {{ alarm: Live.AlarmView, waiting: boolean, below: Live.AlarmView[] }} props
 */
function Also({ alarm, waiting, below }) {
  return html`
    ${
      waiting &&
      html`<span class="small soft">
        ${t("snooze.until", { name: alarm.snoozed_by ?? "", time: timeOfDay(present(alarm.snoozed_until)) })}
        ${": "}<bdi>${alarm.snooze_reason}</bdi>
      </span>`
    }
    ${below.length > 0 && html`<span class="small soft">${t("alarm.below", { n: below.length })}</span>`}
  `;
}

const called = (/** @type {Trolley} */ one) =>
  `${t("trolley.number", { n: one.cart_number })}${one.assigned_to ? ` · ${one.assigned_to}` : ""}`;

/**
 * A slot that does not know its trolley: whoever looks says which one it is.
 * @param {{ alarm: Live.AlarmView, board: Board, busy: boolean, run: Run }} props
 */
function Which({ alarm, board, busy, run }) {
  const store = useStore();
  const [chosen, choose] = useState("");
  const out = candidates(board.trolleys);
  if (!out.length) return html`<p class="alarm-orders small soft">${t("alarm.none_out")}</p>`;
  const picked = out.find((one) => one.trolley_id === chosen);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(() => store.giveBack(chosen, alarm));
  };
  const chip = (/** @type {Trolley} */ one) => html`<button
    key=${one.trolley_id}
    type="button"
    class="chip which"
    aria-pressed=${chosen === one.trolley_id}
    onClick=${() => choose(one.trolley_id)}
  >
    <strong class="num">${one.cart_number}</strong>
    ${one.assigned_to && html`<bdi class="small">${one.assigned_to}</bdi>`}
  </button>`;
  const list = html`<select
    class="input"
    aria-label=${t("alarm.which")}
    value=${chosen}
    onChange=${(/** @type {Typed} */ e) => choose(e.target.value)}
  >
    <option value="">${t("alarm.which")}</option>
    ${out.map((one) => html`<option key=${one.trolley_id} value=${one.trolley_id}>${called(one)}</option>`)}
  </select>`;
  return html`<form class="alarm-orders alarm-which" onSubmit=${submit}>
    ${
      out.length > AT_A_GLANCE
        ? list
        : html`<div class="chips" role="group" aria-label=${t("alarm.which")}>${out.map(chip)}</div>`
    }
    ${
      picked &&
      html`<button class="btn btn-primary" disabled=${busy}>${t("alarm.it_is", { n: picked.cart_number })}</button>`
    }
  </form>`;
}

/**
 * The page of the order that an alarm is about; null for all others.
 * @param {Live.AlarmView} alarm
 */
function orderAddress(alarm) {
  const [what, order] = alarm.subject.split("/");
  if (what !== "payment") return null;
  return `${location.pathname.replace(/\/$/, "")}/orders?order=${encodeURIComponent(order)}`;
}

/**
 * @param {{ alarm: Live.AlarmView, board: Board, onOpen: Open, waiting: boolean, below: Live.AlarmView[] }} props
 */
function Alarm({ alarm, board, onOpen, waiting, below }) {
  const { busy, problem, run } = useRequest();
  const text = alarmText(alarm, board);
  const trolley = board.trolleys.find((one) => one.trolley_id === alarm.trolley_id);
  const also = why(alarm);
  const order = orderAddress(alarm);
  return html`<li class=${cx("alarm", `sev-${alarm.severity}`, (alarm.assignee || waiting) && "alarm-taken")}>
    <${Badge} severity=${alarm.severity} />
    <div class="alarm-what">
      ${
        trolley
          ? html`<button type="button" class="alarm-open" onClick=${() => onOpen(trolley.trolley_id)}>${text}</button>`
          : order
            ? html`<a class="alarm-open" href=${order}>${text}</a>`
            : html`<strong>${text}</strong>`
      }
      ${also && html`<span class="small soft">${also}</span>`}
      <${Small}
        holder=${CALLS.has(alarm.kind) ? null : (trolley?.assigned_to ?? null)}
        since=${alarm.raised_at}
        assignee=${alarm.assignee}
        note=${alarm.note}
      />
      <${Also} alarm=${alarm} waiting=${waiting} below=${below} />
      <${Refusal} problem=${problem} />
    </div>
    ${
      APPROVALS.has(alarm.kind)
        ? html`<${Approval} alarm=${alarm} busy=${busy} run=${run} />`
        : html`<${Orders} alarm=${alarm} branch=${board.branch.code} busy=${busy} run=${run} />`
    }
    ${alarm.kind === "slot_unknown" && html`<${Which} alarm=${alarm} board=${board} busy=${busy} run=${run} />`}
  </li>`;
}

/**
 * A trolley in trouble of which no alarm speaks: on its way back, or its alarm was called done too early.
 * @param {{ trolley: Trolley, severity: string, onOpen: Open }} props
 */
function Trouble({ trolley, severity, onOpen }) {
  const state = stateOf(trolley);
  return html`<li class=${cx("alarm", `sev-${severity}`)}>
    <${Badge} severity=${severity} />
    <div class="alarm-what">
      <button type="button" class="alarm-open" onClick=${() => onOpen(trolley.trolley_id)}>
        ${t(`need.${state}`, { n: number(trolley.cart_number) })}
      </button>
      <span class="small soft">${t(state === "fault" ? `fault.${trolley.lock_fault}` : "need.stray_why")}</span>
      <${Small} holder=${trolley.assigned_to} since=${trolley.since ?? trolley.lock.at} />
    </div>
    ${
      state === "fault" &&
      html`<div class="alarm-orders">
        <button type="button" class="btn btn-quiet" onClick=${() => onOpen(trolley.trolley_id)}>
          <${Icon} name="unlocked" />
          ${t("need.fault_do")}
        </button>
      </div>`
    }
  </li>`;
}

/**
 * A Pi that is offline, of which no alarm speaks: it never was online, or is away for a moment only.
 * @param {{ below: Live.AlarmView[] }} props
 */
function Offline({ below }) {
  return html`<li class="alarm sev-critical">
    <${Badge} severity="critical" />
    <div class="alarm-what">
      <a class="alarm-open" href=${`${location.pathname.replace(/\/$/, "")}/devices`}>${t("alarm.device_offline")}</a>
      ${below.length > 0 && html`<span class="small soft">${t("alarm.below", { n: below.length })}</span>`}
    </div>
  </li>`;
}

/**
 * Take all that nobody sees to yet, one order each; what is refused stays where it is and says why.
 * @param {{ waiting: Live.AlarmView[] }} props
 */
function TakeAll({ waiting }) {
  const store = useStore();
  const { busy, problem, run } = useRequest();
  const take = (/** @type {Live.AlarmView} */ { kind, alarm_id }) =>
    (kind === "help_wanted" ? store.answerHelp : store.acknowledge)(alarm_id);
  const all = async () => {
    const told = await Promise.allSettled(waiting.map(take));
    const refused = told.find((one) => one.status === "rejected");
    if (refused) throw refused.reason;
  };
  return html`<div class="alarms-all">
    <button type="button" class="btn btn-quiet btn-wide" disabled=${busy} onClick=${() => run(all)}>
      ${t("alarms.take_all", { n: waiting.length })}
    </button>
    <${Refusal} problem=${problem} />
  </div>`;
}

/** @param {{ board: Board, onOpen: Open }} props */
export function Needs({ board, onOpen }) {
  const { connection, now } = useStore();
  const [all, showAll] = useState(false);
  const [history, showHistory] = useState(false);
  const list = needs(board, now.value);
  const shown = all ? list : list.slice(0, SHOWN);
  const waiting = list.filter((one) => one.waits).length;
  const untaken = list.flatMap(({ alarm, waits }) =>
    alarm && !alarm.assignee && !waits && !APPROVALS.has(alarm.kind) ? [alarm] : [],
  );
  return html`<section
    class=${cx(
      "alarms",
      list.length === 0 && "alarms-none",
      list.length > 0 && list.every((one) => one.severity === "warning" || one.assignee || one.waits) && "alarms-calm",
    )}
    aria-label=${t("alarms.title")}
  >
    <h2 aria-live="polite">
      ${
        list.length > waiting
          ? html`${t("alarms.title")}<span class="num group-count">${number(list.length - waiting)}</span>`
          : connection.value === "open"
            ? html`<${Icon} name="check" />${t("alarms.none")}`
            : html`<${Icon} name="offline" />${t("alarms.unknown")}`
      }
      <button type="button" class="btn btn-bare alarms-history" onClick=${() => showHistory(true)}>
        ${t("history.title")}
      </button>
    </h2>
    ${untaken.length >= TAKEN_TOGETHER && html`<${TakeAll} waiting=${untaken} />`}
    ${
      list.length > 0 &&
      html`<ul>
        ${shown.map((one) =>
          one.device
            ? html`<${Offline} key=${one.key} below=${one.below} />`
            : one.alarm
              ? html`<${Alarm}
              key=${one.key}
              alarm=${one.alarm}
              board=${board}
              onOpen=${onOpen}
              waiting=${one.waits}
              below=${one.below}
            />`
              : html`<${Trouble} key=${one.key} trolley=${one.trolley} severity=${one.severity} onOpen=${onOpen} />`,
        )}
      </ul>`
    }
    ${
      list.length > SHOWN &&
      html`<button type="button" class="btn btn-quiet alarms-more" aria-expanded=${all} onClick=${() => showAll(!all)}>
        ${all ? t("alarms.fewer") : t("alarms.more", { n: list.length - SHOWN })}
      </button>`
    }
    ${history && html`<${AlarmHistory} board=${board} onClose=${() => showHistory(false)} />`}
  </section>`;
}
