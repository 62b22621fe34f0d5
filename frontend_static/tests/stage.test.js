import { test } from "node:test";
import assert from "node:assert/strict";
import { mayLeave, minutes, passed, stageOf, troubles } from "../js/shop/stage.js";

const held = (more = {}) => ({
  items: [],
  checkout: { reservation_id: "r", status: "ACTIVE", payment_id: null, ...more },
});
const payment = (status, more = {}) => ({ payment_id: "p", provider: "sandbox", status, ...more });
const at = (state) => stageOf({ payment: null, asking: null, declined: null, ...state });

test("without a checkout one shops, whatever was paid before", () => {
  assert.equal(at({ cart: null }), "shopping");
  assert.equal(at({ cart: { items: [], checkout: null } }), "shopping");
  for (const status of ["paid", "declined", "failed", "refunded", "pending", "requires_action"]) {
    assert.equal(at({ cart: { checkout: null }, payment: payment(status) }), "shopping", status);
  }
});

test("a bank that has not said when the time is over may still say", () => {
  assert.equal(at({ cart: { checkout: null }, payment: payment("processing") }), "late");
});

test("until the stock has answered one waits", () => {
  assert.equal(at({ cart: { checkout: null }, asking: "reserve" }), "reserving");
  assert.equal(at({ cart: held({ status: "PENDING" }) }), "reserving");
  assert.equal(at({ cart: { checkout: null }, asking: "voucher" }), "reserving");
});

test("what is paid late and being kept again is nearly done", () => {
  assert.equal(at({ cart: held({ status: "PENDING", payment_id: "p" }), payment: payment("paid") }), "completing");
});

test("the payment says where one stands", () => {
  const ways = {
    pending: "choosing",
    requires_action: "action",
    processing: "bank",
    paid: "completing",
    declined: "declined",
    failed: "declined",
  };
  for (const [status, stage] of Object.entries(ways)) {
    assert.equal(at({ cart: held({ payment_id: "p" }), payment: payment(status) }), stage, status);
  }
  assert.equal(
    at({ cart: held({ payment_id: "p" }), payment: payment("pending", { provider: "stripe" }) }),
    "with_provider",
  );
});

test("after a reload the payment has to be fetched first, and one of an earlier checkout does not count", () => {
  assert.equal(at({ cart: held({ payment_id: "p" }) }), "resuming");
  assert.equal(at({ cart: held({ payment_id: "p2" }), payment: payment("processing") }), "resuming");
  assert.equal(at({ cart: held(), payment: payment("declined") }), "choosing");
});

test("after a refusal one chooses again and is told why", () => {
  assert.equal(at({ cart: held(), declined: { detail: "No." } }), "declined");
});

test("what was asked and not answered hides the choices", () => {
  assert.equal(at({ cart: held(), asking: "pay" }), "paying");
  assert.equal(
    at({ cart: held({ payment_id: "p" }), payment: payment("requires_action"), asking: "confirm" }),
    "paying",
  );
  assert.equal(at({ cart: held(), asking: "cancel" }), "leaving");
});

test("one turns back only while no money is on its way", () => {
  for (const stage of ["choosing", "declined", "with_provider", "resuming"]) assert.ok(mayLeave(stage), stage);
  for (const stage of ["paying", "bank", "action", "completing", "reserving", "leaving"])
    assert.ok(!mayLeave(stage), stage);
});

const item = (id, quantity, more = {}) => ({ id, quantity, available: true, ...more });

test("a shortage is said at its line until the line asks for no more than there is", () => {
  const refusal = {
    code: "insufficient_stock",
    items: [
      { item_id: "a", wanted: 5, available: 3 },
      { item_id: "b", wanted: 1, available: 0 },
    ],
  };
  const found = troubles(refusal, [item("a", 5), item("b", 1), item("c", 9)]);
  assert.deepEqual(found, { a: { available: 3 }, b: { gone: true, sold_out: true } });
  assert.deepEqual(troubles(refusal, [item("a", 3), item("c", 9)]), {});
});

test("what is not sold any more is in the way, asked or not", () => {
  assert.deepEqual(troubles(null, [item("a", 1, { available: false }), item("b", 1)]), { a: { gone: true } });
  const refusal = { code: "items_unavailable", items: [{ item_id: "b" }] };
  assert.deepEqual(troubles(refusal, [item("a", 1), item("b", 1)]), { b: { gone: true } });
  assert.deepEqual(troubles({ code: "overloaded" }, [item("a", 1)]), {});
});

test("a countdown shows 0:00 only when it is over", () => {
  assert.deepEqual([300, 299.2, 60, 9.01, 0.001, 0, -4].map(minutes), [
    "5:00",
    "5:00",
    "1:00",
    "0:10",
    "0:01",
    "0:00",
    "0:00",
  ]);
});

test("a countdown is said aloud at its marks only", () => {
  assert.deepEqual([299, 240, 200, 180, 61, 60, 29, 10, 0].map(passed), [null, 240, 240, 180, 120, 60, 30, 10, 10]);
});
