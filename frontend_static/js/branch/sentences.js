/** Sentences about a trolley, the same on the map, in the list and for screen readers. */
import { t, elapsed } from "../i18n.js";
import { lockOf, stateOf } from "./states.js";
import { now } from "./store.js";

/** How long it has been so, ticking; "" when unknown. */
export function since(trolley) {
  return trolley.since && now.value ? elapsed(trolley.since) : "";
}

/** "open", "closed", with what it was told if that differs. */
export function lockText(trolley) {
  const lock = lockOf(trolley);
  if (!lock) return t("lock.none");
  const reported = t(`lock.is_${lock.reported}`);
  return lock.differs ? t("lock.differs", { reported, desired: t(`lock.is_${lock.desired}`) }) : reported;
}

export function describe(trolley) {
  const parts = [t("trolley.number", { n: trolley.cart_number }), t(`state.${stateOf(trolley)}`)];
  if (trolley.assigned_to) parts.push(t("held.by", { holder: trolley.assigned_to }));
  if (since(trolley)) parts.push(since(trolley));
  if (trolley.place) parts.push(t("lock.said", { lock: lockText(trolley) }));
  return parts.join(", ");
}
