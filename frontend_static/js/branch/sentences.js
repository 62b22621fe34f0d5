/** Sentences about a trolley, the same on the map, in the list and for screen readers. */
import { t, elapsed, timeOfDay } from "../i18n.js";
import { lockOf, stateOf } from "./states.js";

/** @typedef {import("./states.js").Trolley} Trolley */

/**
 * How long it has been so at `now` (milliseconds since 1970); "" when unknown.
 * @param {Trolley} trolley
 * @param {number} now
 */
export const since = (trolley, now) => (trolley.since && now ? elapsed(trolley.since) : "");

/**
 * "open", "closed", with what it was told if that differs.
 * @param {Trolley} trolley
 */
export function lockText(trolley) {
  const lock = lockOf(trolley);
  if (!lock) return t("lock.none");
  const reported = t(`lock.is_${lock.reported}`);
  return lock.differs ? t("lock.differs", { reported, desired: t(`lock.is_${lock.desired}`) }) : reported;
}

/**
 * Who of the staff has it in hand, and until when; "" for all others.
 * @param {Trolley} trolley
 */
export const inHand = ({ staff }) =>
  staff ? t("held.by_staff", { name: staff.name, time: timeOfDay(staff.until) }) : "";

/**
 * @param {Trolley} trolley
 * @param {number} now
 */
export function describe(trolley, now) {
  const parts = [t("trolley.number", { n: trolley.cart_number }), t(`state.${stateOf(trolley)}`)];
  if (trolley.assigned_to) parts.push(t("held.by", { holder: trolley.assigned_to }));
  if (inHand(trolley)) parts.push(inHand(trolley));
  if (since(trolley, now)) parts.push(since(trolley, now));
  if (trolley.place) parts.push(t("lock.said", { lock: lockText(trolley) }));
  return parts.join(", ");
}
