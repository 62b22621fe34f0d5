import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FOLDS, foldBranch, foldCart, foldChain, foldSession, overlay, settled, UnknownEvent } from "../js/fold.js";

const item = (id, quantity, more = {}) => ({
  id,
  quantity,
  product: { id: `p-${id}`, barcode: `b-${id}`, name: `Product ${id}`, price: 10.5 },
  unit_price: 10.5,
  line_total: 10.5 * quantity,
  available: true,
  ...more,
});
const totals = (revision, items) => ({
  revision,
  items_count: items.length,
  total_items: items.reduce((sum, one) => sum + one.quantity, 0),
  total_price: 99.5,
  currency: "INR",
  updated_at: "2026-01-01T00:00:00.000Z",
});
const cart = (revision, items, more = {}) => ({
  id: "c",
  items,
  ...totals(revision, items),
  has_unavailable_items: false,
  saved: null,
  sessions: [],
  ...more,
});

test("an added item joins the cart and brings the new totals", () => {
  const next = foldCart(cart(1, []), "ItemAdded", { ...totals(2, [item("a", 1)]), item: item("a", 1) });
  assert.deepEqual(
    next.items.map((one) => one.id),
    ["a"],
  );
  assert.equal(next.revision, 2);
  assert.equal(next.items_count, 1);
});

test("an item that grows keeps its place in the list", () => {
  const next = foldCart(cart(2, [item("a", 1), item("b", 1)]), "ItemAdded", { ...totals(3, []), item: item("a", 2) });
  assert.deepEqual(
    next.items.map((one) => [one.id, one.quantity]),
    [
      ["a", 2],
      ["b", 1],
    ],
  );
});

test("a changed quantity replaces the line", () => {
  const next = foldCart(cart(2, [item("a", 1)]), "QuantityChanged", { ...totals(3, []), item: item("a", 7) });
  assert.equal(next.items[0].quantity, 7);
});

test("a removed item leaves, a cleared cart is empty", () => {
  const two = cart(2, [item("a", 1), item("b", 1)]);
  assert.deepEqual(
    foldCart(two, "ItemRemoved", { ...totals(3, []), item_id: "a" }).items.map((one) => one.id),
    ["b"],
  );
  assert.deepEqual(foldCart(two, "CartCleared", totals(3, [])).items, []);
});

test("the end of a session empties the cart, offers the saved lines and forgets the session", () => {
  const held = cart(2, [item("a", 1)], { sessions: [{ session_id: "s", trolley_id: "T1" }] });
  const saved = { items_count: 1, until: "2026-01-01T00:15:00.000Z" };
  const next = foldCart(held, "SessionDetached", {
    ...totals(3, []),
    session_id: "s",
    trolley_id: "T1",
    outcome: "abandoned",
    cleared: true,
    saved,
  });
  assert.deepEqual([next.items, next.saved, next.sessions], [[], saved, []]);
});

test("restored lines come back and the offer is gone", () => {
  const before = cart(3, [item("b", 1)], { saved: { items_count: 2, until: "x" } });
  const next = foldCart(before, "LinesRestored", { ...totals(4, []), items: [item("a", 2), item("b", 3)] });
  assert.deepEqual(
    next.items.map((one) => [one.id, one.quantity]),
    [
      ["b", 3],
      ["a", 2],
    ],
  );
  assert.equal(next.saved, null);
});

test("repriced lines keep the offer of saved lines", () => {
  const before = cart(3, [item("a", 1)], { saved: { items_count: 2, until: "x" } });
  assert.notEqual(foldCart(before, "LinesRepriced", { ...totals(4, []), items: [item("a", 1)] }).saved, null);
});

test("a cart knows that one of its lines is unavailable", () => {
  const next = foldCart(cart(1, []), "ItemAdded", { ...totals(2, []), item: item("a", 1, { available: false }) });
  assert.equal(next.has_unavailable_items, true);
});

test("an event that only carries on changes nothing but the totals", () => {
  const before = cart(1, [item("a", 1)]);
  const next = foldCart(before, "TotalsChanged", totals(2, [item("a", 1)]));
  assert.deepEqual(next, { ...before, ...totals(2, [item("a", 1)]) });
});

test("a footprint that is told beside the events joins the cart, what is suggested is no part of it", () => {
  const before = cart(1, [item("a", 1)], { sustainability_score: null, carbon_kg: null });
  const next = foldCart(before, "FootprintChanged", { sustainability_score: 40, carbon_kg: 1.25 });
  assert.deepEqual(next, { ...before, sustainability_score: 40, carbon_kg: 1.25 });
  assert.equal(foldCart(before, "RecommendationsChanged", { items: [], model: null }), before);
});

test("every event that the server may publish is folded, and no other", () => {
  const { messages } = JSON.parse(readFileSync(new URL("../../docs/asyncapi.json", import.meta.url))).components;
  for (const [topic, folds] of Object.entries(FOLDS)) {
    const published = Object.keys(messages)
      .filter((name) => name.startsWith(`${topic}.`) && messages[name].payload.$ref.endsWith("Frame"))
      .filter((name) => /^[A-Z]/.test(name.slice(topic.length + 1)))
      .map((name) => name.slice(topic.length + 1));
    assert.ok(published.length > 0, topic);
    assert.deepEqual(Object.keys(folds).sort(), published.sort(), topic);
  }
});

test("an event that nobody has told us of is an error, not silence", () => {
  assert.throws(() => foldCart(cart(1, []), "CartTeleported", {}), UnknownEvent);
  assert.throws(() => foldCart(cart(1, []), "toString", {}), UnknownEvent);
  assert.throws(() => foldSession(null, "Odd", {}), UnknownEvent);
  assert.throws(() => foldBranch({ trolleys: [], devices: [] }, "Odd", {}), UnknownEvent);
  assert.throws(() => foldChain({ branches: [] }, "Odd", {}), UnknownEvent);
});

test("folding never changes the state it was given", () => {
  const before = Object.freeze(cart(1, Object.freeze([Object.freeze(item("a", 1))])));
  foldCart(before, "ItemAdded", { ...totals(2, []), item: item("b", 1) });
  assert.equal(before.items.length, 1);
});

const trolley = (trolley_id, more = {}) => ({
  trolley_id,
  cart_number: 1,
  phase: "available",
  cart_total: 0,
  cart_units: 0,
  ...more,
});
const board = () => ({
  branch: { code: "B" },
  trolleys: [trolley("T1"), trolley("T2")],
  devices: [{ device_id: "d", online: true }],
  counters: { total: 2 },
});

test("the board follows trolleys, carts and devices", () => {
  let next = foldBranch(board(), "TrolleyAssigned", {
    trolley: trolley("T2", { phase: "held" }),
    counters: { total: 2, held: 1 },
  });
  assert.equal(next.trolleys[1].phase, "held");
  assert.equal(next.counters.held, 1);
  next = foldBranch(next, "CartTotalChanged", { trolley_id: "T2", cart_total: 12.5, cart_units: 3 });
  assert.deepEqual([next.trolleys[1].phase, next.trolleys[1].cart_total], ["held", 12.5]);
  next = foldBranch(next, "DeviceDisconnected", { device: { device_id: "d", online: false } });
  assert.equal(next.devices[0].online, false);
  next = foldBranch(next, "DeviceRetired", { device: { device_id: "d", online: false } });
  assert.deepEqual(next.devices, []);
});

test("a cart total of a trolley that the board does not have asks for a snapshot", () => {
  assert.throws(
    () => foldBranch(board(), "CartTotalChanged", { trolley_id: "T9", cart_total: 1, cart_units: 1 }),
    UnknownEvent,
  );
});

test("the chain keeps the branch's name when its counters change", () => {
  const next = foldChain({ branches: [{ code: "B", name: "North", counters: {} }] }, "BranchNoted", {
    code: "B",
    counters: { total: 4 },
  });
  assert.deepEqual(next.branches, [{ code: "B", name: "North", counters: { total: 4 } }]);
});

test("what is on its way is marked on the line and computes no amount", () => {
  const lines = overlay(cart(1, [item("a", 1), item("b", 2)]), [
    { key: "1", kind: "set", item_id: "a", quantity: 5 },
    { key: "2", kind: "remove", item_id: "b" },
    { key: "3", kind: "add", barcode: "999" },
  ]);
  assert.deepEqual(
    lines.map((one) => [one.id, one.quantity, one.pending]),
    [
      ["a", 5, "set"],
      ["b", 2, "remove"],
      ["3", 1, "add"],
    ],
  );
  assert.equal(lines[0].line_total, 10.5);
  assert.equal(lines[2].ghost, true);
});

test("adding a product that is there marks its line instead of making a second one", () => {
  const lines = overlay(cart(1, [item("a", 1)]), [{ key: "1", kind: "add", barcode: "b-a" }]);
  assert.deepEqual(
    lines.map((one) => [one.id, one.pending]),
    [["a", "add"]],
  );
});

test("a refused command leaves the cart as the server has it", () => {
  assert.deepEqual(
    overlay(cart(1, [item("a", 1)]), []).map((one) => [one.quantity, one.pending]),
    [[1, null]],
  );
});

test("a command is settled only when the shown cart contains its effect", () => {
  assert.equal(settled(cart(4, []), { revision: 5 }), false);
  assert.equal(settled(cart(5, []), { revision: 5 }), true);
  assert.equal(settled(cart(9, []), {}), false);
});

test("alarms join the board, change there, and leave it when they are over", () => {
  const board = { branch: {}, trolleys: [], devices: [], counters: {}, alarms: [] };
  const raised = foldBranch(board, "AlarmRaised", { alarm: { alarm_id: "a", assignee: null } });
  const taken = foldBranch(raised, "AlarmAcknowledged", { alarm: { alarm_id: "a", assignee: "mia" } });
  assert.deepEqual(taken.alarms, [{ alarm_id: "a", assignee: "mia" }]);
  assert.deepEqual(foldBranch(taken, "AlarmCleared", { alarm: { alarm_id: "a", assignee: "mia" } }).alarms, []);
});
