import { test } from "node:test";
import assert from "node:assert/strict";
import {
  begun,
  moved,
  rectangle,
  redone,
  stepped,
  turned,
  undone,
  withRow,
  withValues,
  withWalls,
  withZone,
  without,
} from "../js/office/plan/edits.js";

const PLAN = {
  width_m: 20,
  height_m: 10,
  zones: [{ name: "Entrance", x: 0, y: 2, w: 3, h: 3 }],
  slots: [{ device_id: "d", slot: 1, x: 5, y: 5, angle: 90 }],
};
const LOCKS = [2, 3, 4, 5].map((slot) => ({ device_id: "d", slot }));

test("things that are moved together keep their distance and stop at the wall", () => {
  const { zones, slots } = moved(PLAN, ["z0", "s0"], 100, -100);
  assert.deepEqual([zones[0].x, zones[0].y], [15, 0], "the slot met the right wall first, the zone the lower one");
  assert.deepEqual([slots[0].x, slots[0].y], [20, 3]);
  assert.deepEqual(PLAN.zones[0].x, 0, "what was before is untouched");
});

test("a step of ten centimetres, ten times, is a metre and no rounding error", () => {
  let plan = PLAN;
  for (let i = 0; i < 10; i++) plan = moved(plan, ["s0"], 0.1, 0);
  assert.equal(plan.slots[0].x, 6);
});

test("a zone that is drawn from any corner to any other is the same, within the walls", () => {
  const rect = { x: 4, y: 1, w: 3, h: 2 };
  assert.deepEqual(rectangle(PLAN, { x: 4, y: 1 }, { x: 7, y: 3 }), rect);
  assert.deepEqual(rectangle(PLAN, { x: 7, y: 3 }, { x: 4, y: 1 }), rect);
  assert.deepEqual(rectangle(PLAN, { x: 19.8, y: 9.9 }, { x: 25, y: 9.9 }), { x: 14.8, y: 9.5, w: 5.2, h: 0.5 });
});

test("a row of locks has one place for each in the order of its numbers, and is chosen as a whole", () => {
  const { plan, keys } = withRow(PLAN, LOCKS, { pitch: 0.8, upward: false, angle: 270 });
  assert.deepEqual(keys, ["s1", "s2", "s3", "s4"]);
  assert.deepEqual(
    plan.slots.slice(1).map(({ slot, x, y, angle }) => [slot, x, y, angle]),
    [
      [2, 8.8, 5, 270],
      [3, 9.6, 5, 270],
      [4, 10.4, 5, 270],
      [5, 11.2, 5, 270],
    ],
  );
});

test("a row that is too long for the floor moves together", () => {
  const { plan } = withRow(PLAN, LOCKS, { pitch: 9, upward: true, angle: 0 });
  assert.deepEqual(
    plan.slots.slice(1).map((one) => one.y),
    [0, 3.33, 6.67, 10],
  );
});

test("figures that are typed are brought within the walls", () => {
  assert.deepEqual(withValues(PLAN, "z0", { x: 19 }).zones[0], { name: "Entrance", x: 17, y: 2, w: 3, h: 3 });
  assert.deepEqual(withValues(PLAN, "z0", { w: 99 }).zones[0], { name: "Entrance", x: 0, y: 2, w: 20, h: 3 });
  assert.equal(withValues(PLAN, "s0", { y: -4 }).slots[0].y, 0);
});

test("nothing is left outside when the walls come closer", () => {
  const plan = withWalls(PLAN, 4, 2);
  assert.deepEqual(plan.zones[0], { name: "Entrance", x: 0, y: 0, w: 3, h: 2 });
  assert.deepEqual([plan.slots[0].x, plan.slots[0].y], [4, 2]);
});

test("a lock is turned all the way round", () => {
  assert.deepEqual([90, 90, 90].reduce((plan, by) => turned(plan, ["s0", "z0"], by), PLAN).slots[0].angle, 0);
});

test("what was done is undone and done again, a drag at once", () => {
  let history = begun(PLAN);
  for (const dx of [0.1, 0.2, 0.3]) history = stepped(history, moved(PLAN, ["s0"], dx, 0), "drag 1");
  const { plan } = withZone(history.now, "New zone");
  history = stepped(history, plan);
  history = stepped(history, without(history.now, ["z0"]));
  assert.deepEqual(
    history.now.zones.map((one) => one.name),
    ["New zone"],
  );
  history = undone(undone(undone(history)));
  assert.equal(history.now, PLAN);
  assert.equal(undone(history), history);
  history = redone(redone(history));
  assert.equal(history.now, plan);
  assert.equal(stepped(history, PLAN).future.length, 0);
});
