/** What needs somebody: the alarms that stand, worst first, each with who sees to it and what can be done. */
import { html, cx, useState } from "../ui.js";
import { t, elapsed, number, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { acknowledge, answerHelp, clearAlarm, giveBack, now } from "./store.js";
import { byUrgency, lockPlace } from "./states.js";

const SEVERITY_ICONS = { critical: "octagon", major: "alert", minor: "info", warning: "clock" };

/** The sentence of an alarm; `board` knows the trolley's number. */
export function alarmText(alarm, board) {
  const trolley = board.trolleys.find((one) => one.trolley_id === alarm.trolley_id);
  const place = alarm.slot === null ? {} : lockPlace(alarm.slot);
  return t(`alarm.${alarm.kind}`, { n: trolley ? number(trolley.cart_number) : (alarm.trolley_id ?? ""), shopper: alarm.shopper ?? t("someone"), board: place.board ?? "", lock: place.lock ?? "", product: alarm.product ?? "", left: number(Number(alarm.detail) || 0) });
}

function why(alarm) {
  if (alarm.kind === "lock_failed" && alarm.detail) return t(`fault.${alarm.detail}`);
  if (alarm.kind === "help_wanted" && alarm.detail) return html`<bdi>${alarm.detail}</bdi>`;
  return "";
}

/** Runs one order at a time: {busy, problem, run(order)}. */
function useOrder() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const run = async (order) => {
    setBusy(true);
    setProblem(null);
    try {
      await order();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  return { busy, problem, run };
}

function Orders({ alarm, busy, run }) {
  const help = alarm.kind === "help_wanted";
  const take = () => run(() => (help ? answerHelp : acknowledge)(alarm.alarm_id));
  return html`<div class="alarm-orders">
    ${!alarm.assignee && html`<button type="button" class="btn btn-primary" disabled=${busy} onClick=${take}><${Icon} name=${help ? "person" : "check"} />${t(help ? "alarm.come" : "alarm.take")}</button>`}
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${() => run(() => clearAlarm(alarm.alarm_id))}>${t("alarm.clear")}</button>
  </div>`;
}

/** A slot that does not know its trolley: whoever looks says which one it is. */
function Which({ alarm, board, busy, run }) {
  const [chosen, choose] = useState("");
  const out = board.trolleys.filter((one) => one.custody === "out").sort((a, b) => a.cart_number - b.cart_number);
  if (alarm.kind !== "slot_unknown" || !out.length) return null;
  const submit = (event) => {
    event.preventDefault();
    run(() => giveBack(chosen, alarm));
  };
  return html`<form class="alarm-orders" onSubmit=${submit}>
    <select class="input" aria-label=${t("alarm.which")} value=${chosen} onChange=${(e) => choose(e.target.value)}>
      <option value="">${t("alarm.which")}</option>
      ${out.map((one) => html`<option key=${one.trolley_id} value=${one.trolley_id}>${t("trolley.number", { n: one.cart_number })}</option>`)}
    </select>
    <button class="btn btn-primary" disabled=${busy || !chosen}>${t("alarm.this_one")}</button>
  </form>`;
}

function Alarm({ alarm, board, onOpen }) {
  const { busy, problem, run } = useOrder();
  const text = alarmText(alarm, board);
  const known = board.trolleys.some((one) => one.trolley_id === alarm.trolley_id);
  const also = why(alarm);
  return html`<li class=${cx("alarm", `sev-${alarm.severity}`, alarm.assignee && "alarm-taken")}>
    <span class="alarm-badge" title=${t(`severity.${alarm.severity}`)}><${Icon} name=${SEVERITY_ICONS[alarm.severity]} label=${t(`severity.${alarm.severity}`)} /></span>
    <div class="alarm-what">
      ${known ? html`<button type="button" class="alarm-open" onClick=${() => onOpen(alarm.trolley_id)}>${text}</button>` : html`<strong>${text}</strong>`}
      ${also && html`<span class="small soft">${also}</span>`}
      <span class="small soft num">${now.value && elapsed(alarm.raised_at)}${alarm.assignee && html` · <bdi>${t("alarm.assignee", { name: alarm.assignee })}</bdi>`}</span>
      ${problem && html`<span class="field-error" role="alert">${reason(problem)}</span>`}
    </div>
    <${Which} alarm=${alarm} board=${board} busy=${busy} run=${run} />
    <${Orders} alarm=${alarm} busy=${busy} run=${run} />
  </li>`;
}

export function Alarms({ board, onOpen }) {
  const list = byUrgency(board.alarms ?? []);
  return html`<section class=${cx("alarms", list.length === 0 && "alarms-none")} aria-label=${t("alarms.title")}>
    <h2 aria-live="polite">${list.length ? html`${t("alarms.title")}<span class="num group-count">${number(list.length)}</span>` : html`<${Icon} name="check" />${t("alarms.none")}`}</h2>
    ${list.length > 0 && html`<ul>${list.map((alarm) => html`<${Alarm} key=${alarm.alarm_id} alarm=${alarm} board=${board} onOpen=${onOpen} />`)}</ul>`}
  </section>`;
}
