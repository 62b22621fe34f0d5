/**
 * Changes of a floor plan, in metres from its lower left corner as the API has it, y upward. Pure: each gives a new
 * plan, and nothing leaves the walls. A thing on the plan is named by its key: "z" or "s" and its place in the list.
 */

/**
 * @typedef {{ name: string, x: number, y: number, w: number, h: number }} Zone
 * @typedef {{ device_id: string, slot: number, x: number, y: number, angle?: number }} Slot
 * @typedef {{ width_m: number, height_m: number, zones: Zone[], slots: Slot[], picture?: string }} FloorPlan
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ past: FloorPlan[], now: FloorPlan, future: FloorPlan[], tag: string }} History
 */

export const LONGEST_M = 2000;
export const LEAST_M = 0.5;
/** What things are moved by: with the pointer and the arrow keys, and with Shift. */
export const STEP_M = 0.1;
export const FAR_M = 1;
/** Steps that can be taken back. */
const KEPT = 100;
const NEW_ZONE = { w: 4, h: 2 };

const round = (/** @type {number} */ metres) => Math.round(metres * 100) / 100;
/** @param {number} metres */
export const snap = (metres) => round(Math.round(metres / STEP_M) * STEP_M);
const within = (/** @type {number} */ value, /** @type {number} */ least, /** @type {number} */ most) =>
  round(Math.min(Math.max(value, least), Math.max(least, most)));

export const zoneKey = (/** @type {number} */ place) => `z${place}`;
export const slotKey = (/** @type {number} */ place) => `s${place}`;
const placeOf = (/** @type {string} */ key) => Number(key.slice(1));
export const isZone = (/** @type {string} */ key) => key.startsWith("z");

/**
 * The zone or the slot of a key; undefined once it is gone.
 * @param {FloorPlan} plan
 * @param {string} key
 * @returns {any}
 */
export const thingOf = (plan, key) => (isZone(key) ? plan.zones : plan.slots)[placeOf(key)];

/**
 * The plan with every thing of these keys replaced by what `change` makes of it.
 * @param {FloorPlan} plan
 * @param {string[]} keys
 * @param {(thing: any, key: string) => any} change
 * @returns {FloorPlan}
 */
function changed(plan, keys, change) {
  const wanted = new Set(keys);
  const each =
    (/** @type {(place: number) => string} */ keyOf) => (/** @type {any} */ thing, /** @type {number} */ i) =>
      wanted.has(keyOf(i)) ? change(thing, keyOf(i)) : thing;
  return { ...plan, zones: plan.zones.map(each(zoneKey)), slots: plan.slots.map(each(slotKey)) };
}

/**
 * The plan with a picture beneath it; with none for "".
 * @param {FloorPlan} plan
 * @param {string} picture its address
 * @returns {FloorPlan}
 */
export function withPicture({ picture: _, ...plan }, picture) {
  return picture ? { ...plan, picture } : plan;
}

/**
 * Move things together; they keep their distances, and stop where the first of them meets a wall.
 * @param {FloorPlan} plan
 * @param {string[]} keys
 * @param {number} dx
 * @param {number} dy
 */
export function moved(plan, keys, dx, dy) {
  const things = keys.map((key) => thingOf(plan, key)).filter(Boolean);
  if (!things.length) return plan;
  const [left, low] = [Math.min(...things.map((one) => one.x)), Math.min(...things.map((one) => one.y))];
  const right = Math.max(...things.map((one) => one.x + (one.w ?? 0)));
  const high = Math.max(...things.map((one) => one.y + (one.h ?? 0)));
  const [goX, goY] = [within(dx, -left, plan.width_m - right), within(dy, -low, plan.height_m - high)];
  return changed(plan, keys, (one) => ({ ...one, x: round(one.x + goX), y: round(one.y + goY) }));
}

/**
 * The rectangle with these two corners, within the walls and never too small to be taken hold of.
 * @param {FloorPlan} plan
 * @param {Point} from
 * @param {Point} to
 */
export function rectangle(plan, from, to) {
  const w = Math.max(LEAST_M, Math.abs(to.x - from.x));
  const h = Math.max(LEAST_M, Math.abs(to.y - from.y));
  const x = within(to.x < from.x ? from.x - w : from.x, 0, plan.width_m - w);
  const y = within(to.y < from.y ? from.y - h : from.y, 0, plan.height_m - h);
  return { x, y, w: round(Math.min(w, plan.width_m)), h: round(Math.min(h, plan.height_m)) };
}

/**
 * The plan with a new zone, and its key. Without a rectangle it is in the middle.
 * @param {FloorPlan} plan
 * @param {string} name
 * @param {{ x: number, y: number, w: number, h: number }} [rect]
 * @returns {{ plan: FloorPlan, keys: string[] }}
 */
export function withZone(plan, name, rect) {
  const { w, h } = NEW_ZONE;
  const from = { x: (plan.width_m - w) / 2, y: (plan.height_m - h) / 2 };
  const zone = { name, ...(rect ?? rectangle(plan, from, { x: from.x + w, y: from.y + h })) };
  return { plan: { ...plan, zones: [...plan.zones, zone] }, keys: [zoneKey(plan.zones.length)] };
}

/**
 * Put locks into a row in the middle: along the x axis, or up. Closer than asked where the walls are near.
 * @param {FloorPlan} plan
 * @param {{ device_id: string, slot: number }[]} locks
 * @param {{ pitch: number, upward: boolean, angle: number }} row metres from one to the next; where trolleys leave to
 * @returns {{ plan: FloorPlan, keys: string[] }}
 */
export function withRow(plan, locks, { pitch, upward, angle }) {
  const room = upward ? plan.height_m : plan.width_m;
  const gap = locks.length > 1 ? Math.min(pitch, room / (locks.length - 1)) : 0;
  const start = (room - gap * (locks.length - 1)) / 2;
  const slots = locks.map(({ device_id, slot }, i) => {
    const along = within(start + i * gap, 0, room);
    const [x, y] = upward ? [plan.width_m / 2, along] : [along, plan.height_m / 2];
    return { device_id, slot, x: round(x), y: round(y), angle };
  });
  return {
    plan: { ...plan, slots: [...plan.slots, ...slots] },
    keys: slots.map((_, i) => slotKey(plan.slots.length + i)),
  };
}

/**
 * @param {FloorPlan} plan
 * @param {string[]} keys
 */
export function without(plan, keys) {
  const gone = new Set(keys);
  return {
    ...plan,
    zones: plan.zones.filter((_, i) => !gone.has(zoneKey(i))),
    slots: plan.slots.filter((_, i) => !gone.has(slotKey(i))),
  };
}

/**
 * Say anew what a zone or a slot is; lengths are brought within the walls.
 * @param {FloorPlan} plan
 * @param {string} key
 * @param {Partial<Zone & Slot>} values
 */
export const withValues = (plan, key, values) =>
  changed(plan, [key], (one) => {
    const next = { ...one, ...values };
    if (!isZone(key)) return { ...next, x: within(next.x, 0, plan.width_m), y: within(next.y, 0, plan.height_m) };
    const [w, h] = [within(next.w, LEAST_M, plan.width_m), within(next.h, LEAST_M, plan.height_m)];
    return { ...next, w, h, x: within(next.x, 0, plan.width_m - w), y: within(next.y, 0, plan.height_m - h) };
  });

/**
 * Let the trolleys of these slots leave another way.
 * @param {FloorPlan} plan
 * @param {string[]} keys
 * @param {number} by degrees, counterclockwise
 */
export const turned = (plan, keys, by) =>
  changed(
    plan,
    keys.filter((key) => !isZone(key)),
    (slot) => ({ ...slot, angle: ((slot.angle ?? 0) + by + 360) % 360 }),
  );

/**
 * Let the walls stand elsewhere; what would be outside comes in, and what is larger than the floor shrinks.
 * @param {FloorPlan} plan
 * @param {number} width_m
 * @param {number} height_m
 */
export function withWalls(plan, width_m, height_m) {
  const size = { width_m: within(width_m, LEAST_M, LONGEST_M), height_m: within(height_m, LEAST_M, LONGEST_M) };
  let next = { ...plan, ...size };
  for (const i of plan.zones.keys()) next = withValues(next, zoneKey(i), {});
  for (const i of plan.slots.keys()) next = withValues(next, slotKey(i), {});
  return next;
}

/** @param {FloorPlan} plan @returns {History} */
export const begun = (plan) => ({ past: [], now: plan, future: [], tag: "" });

/**
 * One change more. Changes in a row with the same tag, such as those of one drag, are taken back together.
 * @param {History} history
 * @param {FloorPlan} plan
 * @param {string} [tag]
 * @returns {History}
 */
export function stepped({ past, now, tag: last }, plan, tag = "") {
  const together = tag !== "" && tag === last;
  return { past: together ? past : [...past, now].slice(-KEPT), now: plan, future: [], tag };
}

/** @param {History} history @returns {History} */
export function undone(history) {
  const { past, now, future } = history;
  if (!past.length) return history;
  return { past: past.slice(0, -1), now: past[past.length - 1], future: [now, ...future], tag: "" };
}

/** @param {History} history @returns {History} */
export function redone(history) {
  const { past, now, future } = history;
  if (!future.length) return history;
  return { past: [...past, now], now: future[0], future: future.slice(1), tag: "" };
}
