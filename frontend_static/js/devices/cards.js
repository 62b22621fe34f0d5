/** A Pi as a card, and a rollout as it goes. */
import { html, cx, useState } from "../ui.js";
import { t, elapsed, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { toast } from "../parts/common.js";
import { conditionOf, healthOf, progressOf } from "./health.js";
import { manages, now, orderRollout } from "./store.js";

const PILL = { online: "pill-good", offline: "pill-bad", revoked: "pill-calm" };
const SIGN = { good: "check", silent: "alert", unknown: "info" };
const TONE = { good: "health-good", silent: "health-bad", unknown: "health-calm" };

function lastSeen(device) {
  now.value; // grows by itself
  return device.status?.last_seen && html`<span class="num">${t("ago", { time: elapsed(device.status.last_seen) })}</span>`;
}

const Facts = ({ rows }) => html`<dl class="facts">${rows.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

function Board({ board, device, open }) {
  const health = healthOf(board, device);
  return html`<tr><td class="num">${board.address}</td><td><span class="code small where">${board.port}</span><br /><span class="small soft">${t(`protocol.${board.protocol}`)} · <span class="num">${board.baudrate}</span></span></td>
    <td><span class=${cx("health", TONE[health])}><${Icon} name=${SIGN[health]} />${t(`health.${health}`)}</span></td>
    <td>${manages.value && html`<button type="button" class="btn btn-icon btn-bare" aria-label=${t("board.edit_one", { n: board.address })} onClick=${() => open({ kind: "board", device, board })}><${Icon} name="wrench" /></button>`}</td></tr>`;
}

function Boards({ device, open }) {
  if (!device.controllers.length) return html`<p class="small soft">${t("boards.none")}</p>`;
  return html`<table class="boards"><thead><tr><th scope="col">${t("board.address_short")}</th><th scope="col">${t("board.port")}</th><th scope="col">${t("board.health")}</th><th><span class="visually-hidden">${t("board.edit")}</span></th></tr></thead>
    <tbody>${device.controllers.map((board) => html`<${Board} key=${board.id} board=${board} device=${device} open=${open} />`)}</tbody></table>`;
}

export function Pi({ device, open }) {
  const condition = conditionOf(device);
  const act = (kind, icon, extra) => html`<button type="button" class=${cx("btn", extra ?? "btn-quiet")} onClick=${() => open({ kind, device })}><${Icon} name=${icon} />${t(`pi.${kind}`)}</button>`;
  const pending = device.status?.pending.length ?? 0;
  return html`<li class=${cx("card", "pi", condition === "offline" && "pi-off", condition === "revoked" && "pi-revoked")}>
    <div class="pi-head"><div><h2><bdi>${device.name}</bdi></h2>${device.mac_address && html`<p class="code small soft">${device.mac_address}</p>`}</div><span class=${cx("pill", PILL[condition])}><i class="dot"></i>${t(`pi.${condition}`)}</span></div>
    <${Facts} rows=${[
      [t("fact.firmware"), device.firmware && html`<span class="code">${device.firmware}</span>`],
      [t("fact.seen"), lastSeen(device)],
      [t("fact.serial"), device.serial_number && html`<span class="code">${device.serial_number}</span>`],
      [t("fact.slots"), device.status?.reported.length > 0 && html`<span class="num">${device.status.reported.length}</span>`],
      [t("fact.pending"), pending > 0 && html`<span class="num">${pending}</span>`],
    ]} />
    <${Boards} device=${device} open=${open} />
    ${manages.value && html`<div class="pi-actions">${act("board", "plus")}${act("rename", "keyboard")}${condition !== "revoked" && html`${act("firmware", "download")}${act("rotate", "undo")}${act("revoke", "bin", "btn-bare btn-warns")}`}</div>`}
  </li>`;
}

const JOB = { updated: "job-done", failed: "job-bad", aborted: "soft", waiting: "soft" };

export function Rollout({ rollout }) {
  const [busy, setBusy] = useState(false);
  const { done, going, bad, through, all } = progressOf(rollout);
  const go = async (what) => {
    setBusy(true);
    try {
      await orderRollout(rollout.id, what);
    } catch (problem) {
      toast(reason(problem), { bad: true });
    }
    setBusy(false);
  };
  const button = (what, kind = "btn-quiet") => html`<button type="button" class=${cx("btn", kind)} disabled=${busy} onClick=${() => go(what)}>${t(`rollout.${what}`)}</button>`;
  const live = rollout.status === "running" || rollout.status === "paused";
  return html`<section class="card rollout" aria-label=${t("rollout.title", { version: rollout.version })}>
    <div class="rollout-head"><${Icon} name="download" /><h2>${t("rollout.title", { version: rollout.version })}</h2>
      <span class=${cx("pill", { running: "pill-good", paused: "pill-warn", finished: "pill-calm", aborted: "pill-calm" }[rollout.status])}>${t(`rollout.${rollout.status}`)}</span><span class="small soft num">${t("rollout.through", { n: through, all })}</span>
      ${live && manages.value && html`<span class="actions">${rollout.status === "running" ? button("pause") : button("resume", "btn-primary")}${button("abort", "btn-bare btn-warns")}</span>`}</div>
    <div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax=${all} aria-valuenow=${through} aria-label=${t("rollout.title", { version: rollout.version })}><i class="done" style=${{ inlineSize: `${done}%` }} /><i class="bad" style=${{ inlineSize: `${bad}%` }} /><i class="going" style=${{ inlineSize: `${going}%` }} /></div>
    ${rollout.reason === "failures" && html`<p class="note note-warn"><${Icon} name="alert" /><span>${t("rollout.failures")}</span></p>`}
    <ul class="jobs">${rollout.devices.map((job) => html`<li key=${job.device_id}><span><bdi>${job.name}</bdi></span><span class=${cx("job-state", JOB[job.state])}>${t(`job.${job.state}`)}</span>${job.detail && html`<p class="small soft"><bdi>${job.detail}</bdi></p>`}</li>`)}</ul>
  </section>`;
}
