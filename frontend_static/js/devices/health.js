/** How a board and a rollout do, from what the server says. Pure. */

/**
 * What the Pi counts of a board's exchanges, and what it sends of its buses.
 * @typedef {{ requests: number, answers: number, timeouts: number, bad_checksums: number,
 *   failures_in_a_row: number, round_trip_s: number }} Counters
 * @typedef {{ buses?: { port: string, boards?: Record<string, Counters> }[], outbox?: number }} Telemetry
 * @typedef {{ status?: { status: string, health: Telemetry } }} Heard
 */

/**
 * The counters of a board in the Pi's telemetry, or null. A single bus needs no matching port.
 * @param {{ port: string, address: number }} board
 * @param {Telemetry} health
 */
export function countersOf(board, health) {
  const buses = health?.buses ?? [];
  const bus = buses.find((one) => one.port === board.port) ?? (buses.length === 1 ? buses[0] : null);
  return bus?.boards?.[String(board.address)] ?? null;
}

/**
 * How a board does; of one that nobody has spoken of, or whose Pi is away, nothing is known.
 * @param {{ port: string, address: number }} board
 * @param {Heard} device
 */
export function healthOf(board, device) {
  const counters = device.status?.status === "online" ? countersOf(board, device.status.health) : null;
  if (!counters) return "unknown";
  return counters.failures_in_a_row >= 3 || (counters.requests > 0 && counters.answers === 0) ? "silent" : "good";
}

/**
 * Whether nothing is heard of the slots of a board: its Pi is away, or it does not answer. `rack`: bus << 4 | address.
 * @param {number} rack
 * @param {Heard & { online: boolean, controllers: { port: string, address: number }[] }} device
 */
export function isUnheard(rack, device) {
  const board = device.controllers.find((one) => one.address === (rack & 15));
  return !device.online || (board !== undefined && healthOf(board, device) === "silent");
}

export const conditionOf = (/** @type {Rest.DeviceAnswer} */ device) =>
  device.is_revoked ? "revoked" : device.online ? "online" : "offline";

/** @type {Record<string, "done" | "bad" | "out">} */
const ENDS = { updated: "done", failed: "bad", aborted: "out", waiting: "out" };

/**
 * Shares of a rollout's devices in percent: {done, going, bad}; how many updated and failed; of how many.
 * @param {Rest.RolloutAnswer} rollout
 */
export function progressOf(rollout) {
  const found = { done: 0, going: 0, bad: 0, out: 0 };
  for (const [state, n] of Object.entries(rollout.counts)) found[ENDS[state] ?? "going"] += n;
  const all = Object.values(found).reduce((sum, n) => sum + n, 0) || 1;
  const share = (/** @type {number} */ n) => Math.round((n / all) * 1000) / 10;
  return {
    done: share(found.done),
    going: share(found.going),
    bad: share(found.bad),
    updated: found.done,
    failed: found.bad,
    through: found.done + found.bad,
    all,
  };
}

/** What to call it: "failed" when it stands still with more failures than it may have, else its status. */
export const outcomeOf = (/** @type {Rest.RolloutAnswer} */ rollout) =>
  (rollout.status === "paused" && rollout.reason === "failures") ||
  (rollout.status === "finished" && rollout.counts.failed && !rollout.counts.updated)
    ? "failed"
    : rollout.status;

/** The share of a board's requests that went unanswered or came back garbled, in percent. */
export const missedShare = (/** @type {Counters} */ counters) =>
  counters.requests > 0 ? ((counters.timeouts + counters.bad_checksums) / counters.requests) * 100 : 0;

/** A line on which so many percent are missed wants somebody to look at it. */
export const MISSED_MUCH = 1;
