/**
 * Where things are on the plan. The server's plan is in metres from the lower left corner, angles in
 * degrees counterclockwise from the right; the screen's y grows downward, so both are turned here, once.
 * A slot's angle is the way its trolley is pulled out.
 */

import { ATTENTION, holderOf, rowOf, stateOf } from "./states.js";

/**
 * A slot's middle in metres and the way its trolley is pulled out in degrees; a zone's corner and size in metres.
 * @typedef {{ device_id: string, slot: number, x: number, y: number, angle: number }} Slot
 * @typedef {{ name: string, x: number, y: number, w: number, h: number }} Zone
 * @typedef {{ width_m: number, height_m: number, zones: Zone[], slots: Slot[], picture?: string }} FloorPlan
 * @typedef {{ trolley: import("./states.js").Trolley, slot: Slot }} Spot
 * @typedef {{ x: number, y: number }} Point
 */

const MARGIN_M = 0.25;
/** What a bay takes behind its slot's middle, and a trolley pulled out takes before it. */
const BEHIND_M = 0.75;
const BEFORE_M = 1.35;
/** Width of a letter of a name on the plan. */
const LETTER_M = 0.23;

/**
 * The plan as the screen counts: y downward, angles clockwise.
 * @param {any} plan as the server has it
 * @returns {FloorPlan}
 */
export function toScreen(plan) {
  const flip = (/** @type {number} */ y) => plan.height_m - y;
  return {
    ...plan,
    zones: (plan.zones ?? []).map((/** @type {Zone} */ zone) => ({ ...zone, y: flip(zone.y + zone.h) })),
    slots: plan.slots.map((/** @type {Slot} */ slot) => ({ ...slot, y: flip(slot.y), angle: -(slot.angle ?? 0) })),
  };
}

/**
 * Distance of the closest two slots, what a bay may take up: metres, at most 1.2.
 * @param {Slot[]} slots
 */
export function pitch(slots) {
  let least = 1.2;
  for (let i = 0; i < slots.length; i++) {
    for (let j = i + 1; j < slots.length; j++) {
      least = Math.min(least, Math.hypot(slots[i].x - slots[j].x, slots[i].y - slots[j].y) || least);
    }
  }
  return least;
}

const vector = (/** @type {number} */ angle) => ({
  dx: Math.cos((angle * Math.PI) / 180),
  dy: Math.sin((angle * Math.PI) / 180),
});

/**
 * The part of the plan with all bays and the trolleys pulled out of them: [x, y, width, height].
 * @param {FloorPlan} plan
 */
export function aroundBays(plan) {
  const points = plan.slots.flatMap(({ x, y, angle }) => {
    const { dx, dy } = vector(angle);
    return [
      [x - dx * BEHIND_M - Math.abs(dy) * 0.4, y - dy * BEHIND_M - Math.abs(dx) * 0.4],
      [x + dx * BEFORE_M + Math.abs(dy) * 0.4, y + dy * BEFORE_M + Math.abs(dx) * 0.4],
    ];
  });
  const [left, right] = [
    Math.min(...points.map(([x]) => x)) - MARGIN_M,
    Math.max(...points.map(([x]) => x)) + MARGIN_M,
  ];
  const [top, bottom] = [
    Math.min(...points.map(([, y]) => y)) - MARGIN_M,
    Math.max(...points.map(([, y]) => y)) + MARGIN_M,
  ];
  return [left, top, right - left, bottom - top];
}

/**
 * Whether bays are too small a part of the floor to be read on it, so that they get a picture of their own.
 * @param {FloorPlan} plan
 */
export const needsCloseUp = (plan) => aroundBays(plan)[2] < plan.width_m * 0.6;

/**
 * Where a trolley stands: in its bay, or pulled out of it. `side` -1: what is written goes to its left.
 * @param {Spot} spot
 * @param {number} size of a bay, metres
 */
export function standing({ trolley, slot }, size) {
  const { dx, dy } = vector(slot.angle);
  const away = (trolley.custody === "out" ? 1.3 : 0.1) * size;
  const mouth = 0.6 * size;
  return {
    mouth: { x: slot.x + dx * mouth, y: slot.y + dy * mouth },
    x: slot.x + dx * away,
    y: slot.y + dy * away,
    side: dx < -0.3 ? -1 : 1,
    upright: Math.abs(dx) < 0.7,
  };
}

/**
 * Whether the holder's name fits beside the trolley without covering a bay or another trolley.
 * @param {Spot} spot
 * @param {Spot[]} spots
 * @param {number} size
 */
export function hasRoom(spot, spots, size) {
  const { x, y, side, upright } = standing(spot, size);
  if (upright) return spot.trolley.custody === "out"; // written into the empty bay
  const near = x + side * size * 0.55;
  const far = near + side * holderOf(spot.trolley).length * LETTER_M;
  const [left, right] = [Math.min(near, far), Math.max(near, far)];
  const covers = (/** @type {Point} */ at, /** @type {number} */ reach) =>
    Math.abs(at.y - y) < size * 0.8 && at.x + reach > left && at.x - reach < right;
  return spots.every(
    (other) => (other === spot || !covers(standing(other, size), size * 0.5)) && !covers(other.slot, size * 0.75),
  );
}

/**
 * How a zone's name is written: along its longer side, as large as fits, or not at all where bays cover it.
 * @param {Zone} zone
 * @param {FloorPlan} plan
 */
export function zoneLabel(zone, plan) {
  const covered = plan.slots.some(({ x, y }) => x > zone.x && x < zone.x + zone.w && y > zone.y && y < zone.y + zone.h);
  const tall = zone.h > zone.w * 1.6;
  const room = (tall ? zone.h : zone.w) * 0.92;
  const size = Math.min(
    Math.max(0.48, plan.width_m / 45),
    room / (zone.name.length * 0.62),
    (tall ? zone.w : zone.h) * 0.6,
  );
  return { covered, tall, size };
}

/** So many trolleys are told apart on one picture; of more it shows the rows, until somebody comes closer. */
export const CROWD = 80;

/**
 * Bays that hang on one lock board, told as one: `box` is [x, y, width, height] in metres.
 * @typedef {{ row: string, box: number[], first: string, free: number, out: number, trouble: number,
 *   total: number }} Row
 */

/**
 * The rows of a plan, each by its lock board.
 * @param {Spot[]} spots
 * @param {{ device_id: string }[]} devices of the branch
 * @param {number} size of a bay, metres
 * @returns {Row[]}
 */
export function rowsOf(spots, devices, size) {
  /** @type {Map<string, Spot[]>} */
  const boards = new Map();
  for (const spot of spots) {
    const row = rowOf(spot.slot, devices);
    boards.set(row, [...(boards.get(row) ?? []), spot]);
  }
  return [...boards].map(([row, some]) => {
    const [xs, ys] = [some.map(({ slot }) => slot.x), some.map(({ slot }) => slot.y)];
    const [x, y] = [Math.min(...xs) - size, Math.min(...ys) - size];
    const states = some.map(({ trolley }) => stateOf(trolley));
    const free = states.filter((state) => state === "available").length;
    const trouble = states.filter((state) => ATTENTION.has(state) || state === "unreachable").length;
    return {
      row,
      box: [x, y, Math.max(...xs) + size - x, Math.max(...ys) + size - y],
      first: some[0].trolley.trolley_id,
      free,
      out: states.filter((state) => state === "held" || state === "claiming").length,
      trouble,
      total: some.length,
    };
  });
}

/** Letters of a name that fit side by side into a bay. */
const FITS = 8;
const cut = (/** @type {string} */ text) =>
  [...text].length > FITS ? `${[...text].slice(0, FITS - 1).join("")}…` : text;

/**
 * A holder's name as written into an empty bay: one row, or two where it has a joint; cut if it must be.
 * @param {string} name
 */
export function bayName(name) {
  if ([...name].length <= FITS) return [name];
  const joint = /^(.+?[-._@ ])(.+)$/u.exec(name);
  return joint ? [cut(joint[1].trim()), cut(joint[2])] : [cut(name)];
}
