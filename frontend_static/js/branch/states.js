/** What a trolley is, for people: one state out of many facts. Pure; the tests read it as a table. */

/** In the order of the list: what needs somebody comes first. */
export const STATES = [
  "fault",
  "stray",
  "claiming",
  "held",
  "available",
  "unreachable",
  "missing",
  "maintenance",
  "inactive",
];
export const ATTENTION = new Set(["fault", "stray"]);

/**
 * The board with what is not heard marked: `unheard` of a trolley in a slot whose Pi is offline or whose lock board
 * does not answer. What is told of its lock is then as old as the last word.
 */
export function withUnheard(board) {
  const devices = new Map(board.devices.map((one) => [one.device_id, one]));
  const hears = ({ device_id, slot }) => {
    const device = devices.get(device_id);
    return Boolean(device?.online) && !device.silent_boards.includes(slot >> 4);
  };
  const marked = (one) => {
    const unheard = Boolean(one.place) && !hears(one.place);
    return unheard === Boolean(one.unheard) ? one : { ...one, unheard };
  };
  return { ...board, trolleys: board.trolleys.map(marked) };
}

/**
 * The one state of a TrolleyView. `stray`: out of its slot without a session; `unreachable`: nobody hears its lock.
 * A fault of the lock outweighs who holds it: somebody stands there and waits.
 */
export function stateOf(trolley) {
  if (!trolley.is_active) return "inactive";
  if (trolley.maintenance) return "maintenance";
  if (trolley.missing) return "missing";
  if (trolley.lock_fault) return "fault";
  if (trolley.phase === "claiming") return "claiming";
  if (trolley.phase === "held") return "held";
  if (trolley.custody === "out") return "stray";
  return trolley.unheard ? "unreachable" : "available";
}

const COUNTED = { claiming: "held" };

/** How many trolleys stand as what, each counted once; `total` is their sum, without those no longer in use. */
export function countersOf(trolleys) {
  const counters = { total: 0, available: 0, held: 0, maintenance: 0, fault: 0, stray: 0, unreachable: 0, missing: 0 };
  for (const trolley of trolleys) {
    const state = stateOf(trolley);
    if (state === "inactive") continue;
    counters[COUNTED[state] ?? state] += 1;
    counters.total += 1;
  }
  return counters;
}

/**
 * The lock of a trolley: null without lock hardware, else {desired, reported, differs}.
 * `differs`: told one thing, says another; while the trolley is out its hook says nothing.
 */
export function lockOf(trolley) {
  if (!trolley.place) return null;
  const { desired, reported } = trolley.lock;
  const told = desired === "open" || desired === "closed";
  return { desired, reported, differs: trolley.custody !== "out" && told && desired !== reported };
}

/** Icon of a lock's reported state. */
export const lockIcon = (lock) => ({ open: "unlocked", closed: "locked" })[lock.reported] ?? "unknown";

/**
 * Trolleys by state, each group by number: [[state, [trolley...]]...], empty groups left out.
 * What needs somebody is in `needs` and nowhere else.
 */
export function grouped(trolleys) {
  const byNumber = [...trolleys].sort((a, b) => a.cart_number - b.cart_number);
  return STATES.filter((state) => !ATTENTION.has(state))
    .map((state) => /** @type {[string, any[]]} */ ([state, byNumber.filter((one) => stateOf(one) === state)]))
    .filter(([, list]) => list.length);
}

const SEVERITIES = ["critical", "major", "minor", "warning"];

/** Alarms that say what is wrong with a trolley, so that its state need not be told beside them. */
const SPEAK = new Set(["lock_failed", "stray", "overdue"]);
const TROUBLE = { fault: "major", stray: "warning" };

/**
 * All that needs somebody, most urgent first: [{key, severity, raised_at, assignee, alarm | trolley}...].
 * Alarms that stand, and what no alarm speaks of (yet, or any more): trolleys in trouble, and Pis that are offline,
 * also those that never were online.
 */
export function needs({ trolleys, alarms = [], devices = [] }, now = Date.now()) {
  const spoken = new Set(alarms.filter((one) => SPEAK.has(one.kind)).map((one) => one.trolley_id));
  const told = new Set(alarms.filter((one) => one.kind === "device_offline").map((one) => one.device_id));
  const offline = devices
    .filter((one) => !one.online && !told.has(one.device_id))
    .map(({ device_id }) => ({ kind: "device_offline", device_id }));
  const causes = [...offline, ...alarms.filter((one) => one.kind === "device_offline" || one.kind === "bus_fault")];
  const under = (place) => causes.find((cause) => explains(cause, place));
  const hangs = (alarm) => HANG.has(alarm.kind) && under(alarm);
  const silent = trolleys.filter(
    (one) =>
      ATTENTION.has(stateOf(one)) &&
      !spoken.has(one.trolley_id) &&
      !(stateOf(one) === "fault" && one.place && under(one.place)),
  );
  return byUrgency([
    ...alarms
      .filter((alarm) => !hangs(alarm))
      .map((alarm) => ({
        key: alarm.alarm_id,
        severity: alarm.severity,
        raised_at: alarm.raised_at,
        assignee: alarm.assignee,
        calls: alarm.kind === "help_wanted",
        waits: waits(alarm, now),
        below: alarms.filter((other) => hangs(other) && explains(alarm, other)),
        alarm,
      })),
    ...offline.map((cause) => ({
      key: `device/${cause.device_id}`,
      severity: "critical",
      raised_at: "",
      assignee: null,
      below: alarms.filter((other) => hangs(other) && explains(cause, other)),
      device: cause,
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

/** Trolleys that a slot may hold which does not know its own: those that are out, whom nobody holds any more first. */
export function candidates(trolleys) {
  const out = trolleys.filter((one) => one.custody === "out" && one.is_active);
  return out.sort(
    (a, b) => Number(Boolean(a.assigned_to)) - Number(Boolean(b.assigned_to)) || a.cart_number - b.cart_number,
  );
}

/** Alarms of what hangs on a Pi or a board: while that is silent, it is the one to see to. */
const HANG = new Set(["lock_failed", "slot_unknown", "bus_fault"]);

/** Whether the alarm of a silent Pi or board explains what is wrong at `place`, which has {device_id, slot}. */
function explains(cause, place) {
  if (cause === place || cause.device_id !== place.device_id) return false;
  if (cause.kind === "device_offline") return true;
  return cause.kind === "bus_fault" && place.kind !== "bus_fault" && cause.slot >> 4 === place.slot >> 4;
}

/** Whether somebody lets the alarm wait. */
export const waits = (alarm, now) => Boolean(alarm.snoozed_until) && Date.parse(alarm.snoozed_until) > now;

/** People who call first, then what nobody sees to, the worst, the oldest; what may wait comes last. */
export function byUrgency(alarms) {
  const rank = ({ assignee, calls, severity, waits }) =>
    (waits ? 4 : assignee ? 2 : calls ? 0 : 1) * SEVERITIES.length + SEVERITIES.indexOf(severity);
  return [...alarms].sort((a, b) => rank(a) - rank(b) || a.raised_at.localeCompare(b.raised_at));
}

/** Board and lock of a slot as people count them: locks from 1. */
export const lockPlace = (slot) => ({ board: slot >> 4, lock: (slot & 15) + 1 });

const spot = (place) => `${place.device_id}:${place.slot}`;

/** Split trolleys into those with a place on the plan, [{trolley, slot}], and the rest. */
export function placed(board) {
  const slots = new Map((board.branch.floor_plan?.slots ?? []).map((slot) => [spot(slot), slot]));
  const onPlan = [];
  const others = [];
  for (const trolley of board.trolleys) {
    const slot = trolley.place && slots.get(spot(trolley.place));
    if (slot) onPlan.push({ trolley, slot });
    else others.push(trolley);
  }
  return { onPlan, others };
}
