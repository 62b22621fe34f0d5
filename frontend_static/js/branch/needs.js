/** What needs somebody: alarms that stand, and trouble of which no alarm speaks, the most urgent first. Pure. */
import { ATTENTION, stateOf } from "./states.js";

/** @typedef {import("./states.js").Trolley} Trolley */
/** @typedef {import("./states.js").Board} Board */
/**
 * A silent Pi or board, which explains what is wrong behind it.
 * @typedef {{ kind: string, device_id: string | null, slot?: number | null }} Cause
 * Something in the list, about an alarm, or a Pi, or a trolley. `below`: the alarms that hang on the same cause;
 * `waits`: somebody lets it wait; `calls`: a person waits for somebody.
 * @typedef {{ key: string, severity: string, raised_at: string, assignee: string | null, calls?: boolean,
 *   waits?: boolean, below?: Live.AlarmView[], alarm?: Live.AlarmView, device?: Cause, trolley?: Trolley }} Need
 */

const SEVERITIES = ["critical", "major", "minor", "warning"];

/** Alarms behind which a shopper stands and waits. */
export const CALLS = new Set(["help_wanted", "age_check", "tag_check", "weighing"]);
/** Alarms that say what is wrong with a trolley, so that its state need not be told beside them. */
const SPEAK = new Set(["lock_failed", "stray", "overdue"]);
/** @type {Record<string, string>} */
const TROUBLE = { fault: "major", stray: "warning" };
/** Alarms of what hangs on a Pi or a board: while that is silent, it is the one to see to. */
const HANG = new Set(["lock_failed", "slot_unknown", "bus_fault"]);

/**
 * All that needs somebody, most urgent first: alarms that stand, and what no alarm speaks of (yet, or any more):
 * trolleys in trouble, and Pis that are offline, also those that never were online.
 * @param {Pick<Board, "trolleys"> & Partial<Board>} board
 * @param {number} [now] milliseconds since 1970
 */
export function needs({ trolleys, alarms = [], devices = [] }, now = Date.now()) {
  const spoken = new Set(alarms.filter((one) => SPEAK.has(one.kind)).map((one) => one.trolley_id));
  const told = new Set(alarms.filter((one) => one.kind === "device_offline").map((one) => one.device_id));
  /** @type {Cause[]} */
  const offline = devices
    .filter((one) => !one.online && !told.has(one.device_id))
    .map(({ device_id }) => ({ kind: "device_offline", device_id }));
  const causes = [...offline, ...alarms.filter((one) => one.kind === "device_offline" || one.kind === "bus_fault")];
  const explained = (/** @type {Live.TrolleyPlace | Live.AlarmView} */ place) =>
    causes.some((cause) => explains(cause, place));
  const hangs = (/** @type {Live.AlarmView} */ alarm) => HANG.has(alarm.kind) && explained(alarm);
  const below = (/** @type {Cause} */ cause) => alarms.filter((other) => hangs(other) && explains(cause, other));
  const silent = trolleys.filter(
    (one) =>
      ATTENTION.has(stateOf(one)) &&
      !spoken.has(one.trolley_id) &&
      !(stateOf(one) === "fault" && one.place && explained(one.place)),
  );
  return byUrgency([
    ...alarms
      .filter((alarm) => !hangs(alarm))
      .map((alarm) => ({
        key: alarm.alarm_id,
        severity: alarm.severity,
        raised_at: alarm.raised_at,
        assignee: alarm.assignee,
        calls: CALLS.has(alarm.kind),
        waits: waits(alarm, now),
        below: below(alarm),
        alarm,
      })),
    ...offline.map((device) => ({
      key: `device/${device.device_id}`,
      severity: "critical",
      raised_at: "",
      assignee: null,
      below: below(device),
      device,
    })),
    ...silent.map((trolley) => ({
      key: `trolley/${trolley.trolley_id}`,
      severity: TROUBLE[stateOf(trolley)],
      raised_at: trolley.since ?? trolley.lock.at ?? "",
      assignee: null,
      trolley,
    })),
  ]);
}

/**
 * Trolleys that a slot may hold which does not know its own: those that are out, whom nobody holds any more first.
 * @param {Trolley[]} trolleys
 */
export function candidates(trolleys) {
  const out = trolleys.filter((one) => one.custody === "out" && one.is_active);
  return out.sort(
    (a, b) => Number(Boolean(a.assigned_to)) - Number(Boolean(b.assigned_to)) || a.cart_number - b.cart_number,
  );
}

/**
 * Whether a silent Pi or board explains what is wrong at `place`.
 * @param {Cause} cause
 * @param {{ device_id: string | null, slot: number | null, kind?: string }} place
 */
function explains(cause, place) {
  if (cause === place || cause.device_id !== place.device_id) return false;
  if (cause.kind === "device_offline") return true;
  return cause.kind === "bus_fault" && place.kind !== "bus_fault" && board(cause.slot) === board(place.slot);
}

const board = (/** @type {number | null | undefined} */ slot) => Number(slot) >> 4;

/**
 * Whether somebody lets the alarm wait.
 * @param {Live.AlarmView} alarm
 * @param {number} now
 */
export const waits = ({ snoozed_until }, now) => Date.parse(snoozed_until ?? "") > now;

/**
 * People who call first, then what nobody sees to, the worst, the oldest; what may wait comes last.
 * @param {Need[]} all
 */
export function byUrgency(all) {
  const rank = (/** @type {Need} */ { assignee, calls, severity, waits }) =>
    (waits ? 4 : assignee ? 2 : calls ? 0 : 1) * SEVERITIES.length + SEVERITIES.indexOf(severity);
  return [...all].sort((a, b) => rank(a) - rank(b) || a.raised_at.localeCompare(b.raised_at));
}
