/** What the branch page knows, as signals, and the orders that staff can give. */
import { signal } from "../ui.js";
import { zone } from "../i18n.js";
import { auth } from "../api.js";
import { TrolleySocket, WATCHFUL } from "../socket.js";
import { socketUrl } from "../connect.js";
import { foldBranch } from "../fold.js";
import { signalFound } from "../scan.js";
import { withUnheard } from "./states.js";
import { dictionaries } from "../messages.js";
import { present } from "../present.js";

const KEPT_EVENTS = 12;

export const connection = signal("closed");
/** {branch, trolleys, devices, counters}, null until the first snapshot. */
export const board = signal(/** @type {Live.BranchSnapshot | null} */ (null));
/** The refusal of the subscription, e.g. when the role was taken away. */
export const refused = signal(/** @type {Problem | null} */ (null));
/** What happened last, newest first: [{key, name, trolley_id, holder, at}]. */
/**
 * @typedef {{ key: string, name: string, at: string, trolley_id: string, holder: string,
 *   alarm?: Live.AlarmView }} Happening
 */
export const happened = signal(/** @type {Happening[]} */ ([]));
/** Ticks once a second; whoever shows a duration reads it. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 1000);

/** @type {TrolleySocket} */
let socket;

export function start(code) {
  socket = new TrolleySocket({
    url: socketUrl(`/ws/branch/${encodeURIComponent(code)}/`),
    auth,
    patience: WATCHFUL,
    onState: (state) => (connection.value = state),
  });
  socket.subscribe(`branch:${code}`, {
    snapshot(data) {
      zone.value = data.branch.timezone;
      board.value = withUnheard(data);
    },
    event(name, data, at) {
      board.value = withUnheard(foldBranch(present(board.peek()), name, data));
      remember(name, data, at);
      if (name === "AlarmRaised" && data.alarm.kind === "help_wanted") signalFound(false);
    },
    refused: (problem) => (refused.value = problem),
  });
  socket.open();
}

/** Only events that we have a sentence for are told; the rest shows on the map. */
function remember(name, data, at) {
  if (!(`event.${name}` in dictionaries.en)) return;
  const { trolley, alarm } = data;
  const entry = {
    key: `${at}${name}${trolley?.trolley_id ?? alarm?.alarm_id ?? ""}`,
    alarm,
    name,
    at,
    trolley_id: trolley?.trolley_id ?? "",
    holder: trolley?.assigned_to ?? "",
  };
  happened.value = [entry, ...happened.peek()].slice(0, KEPT_EVENTS);
}

const branchCode = () => present(board.peek()).branch.code;
export const acknowledge = (alarm_id) => socket.request("alarm.acknowledge", { branch: branchCode(), alarm_id });
export const answerHelp = (alarm_id) => socket.request("help.answer", { branch: branchCode(), alarm_id });
export const clearAlarm = (alarm_id) => socket.request("alarm.clear", { branch: branchCode(), alarm_id });
export const snooze = (alarm_id, minutes, reason) =>
  socket.request("alarm.snooze", { branch: branchCode(), alarm_id, minutes, reason });
export const giveBack = (trolley_id, { device_id, slot }) =>
  socket.request("trolley.return", { branch: branchCode(), trolley_id, device_id, slot });
export const unlock = (trolley_id, reason) => socket.order("trolley.unlock", { trolley_id, reason });
export const setMaintenance = (trolley_id, on, notes) =>
  socket.request("trolley.maintenance", { trolley_id, on, ...(notes ? { notes } : {}) });
