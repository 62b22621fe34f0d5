/**
 * What becomes of an order to open a lock, from when it is given until the lock has opened or has not. Pure.
 * The lock's own word counts: an order that was taken has not opened anything yet.
 */

/** @typedef {import("./states.js").Trolley} Trolley */
/**
 * `at`: when it opened, as RFC 3339; `fault`: why it did not, see `fault.*` of the dictionary.
 * @typedef {{ stage: "ordered" | "under_way" | "opened" | "failed", at?: string, fault?: string }} Opening
 */

/** @type {Opening} */
export const ORDERED = { stage: "ordered" };

/**
 * The order after the server has taken it: the lock may have been open all the time, or have opened by now.
 * @param {Opening} opening
 * @param {Trolley | undefined} trolley as it is known now
 * @returns {Opening}
 */
export function taken(opening, trolley) {
  if (opening.stage !== "ordered") return opening;
  return trolley?.lock.reported === "open" && !trolley.unheard ? opened(trolley) : { stage: "under_way" };
}

/**
 * The order after an event of its trolley.
 * @param {Opening} opening
 * @param {string} name
 * @param {Trolley} trolley as it is after the event
 * @returns {Opening}
 */
export function follow(opening, name, trolley) {
  if (name === "UnlockRequested") return { stage: "under_way" };
  if (name === "LockOpened") return opened(trolley);
  if (name === "LockFailed") return { stage: "failed", fault: trolley.lock_fault };
  return opening;
}

/**
 * The order after the connection was lost and the board came anew: what happened meanwhile is in the trolley's lock.
 * @param {Opening} opening
 * @param {Trolley | undefined} trolley
 * @returns {Opening}
 */
export function resumed(opening, trolley) {
  if (opening.stage === "opened" || opening.stage === "failed" || !trolley) return opening;
  if (trolley.lock_fault) return { stage: "failed", fault: trolley.lock_fault };
  return trolley.lock.reported === "open" ? opened(trolley) : opening;
}

/** @type {(trolley: Trolley) => Opening} */
const opened = ({ lock }) => ({ stage: "opened", at: lock.at ?? "" });
