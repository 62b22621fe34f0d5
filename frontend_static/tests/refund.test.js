import assert from "node:assert/strict";
import test from "node:test";
import { costOf } from "../js/orders/refundable.js";

const order = (items, more = {}) => ({
  currency: "USD",
  total: items.reduce((sum, one) => sum + one.paid, 0),
  refunded: 0,
  refunds: [],
  items: items.map((one, place) => ({ id: `l${place}`, returned: 0, ...one })),
  ...more,
});

test("goods come back at what was paid for them, the tax that came on top and the deposit too", () => {
  const bought = order([{ quantity: 1, unit_price: 19.99, line_total: 19.99, paid: 21.76 }]);
  assert.equal(costOf(bought, { l0: 1 }), 2176);
});

test("a line that comes back bit by bit comes to its whole, and never to more", () => {
  const line = { quantity: 3, unit_price: 3.33, line_total: 10, paid: 10 };
  const parts = [0, 1, 2].map((returned) => costOf(order([{ ...line, returned }]), { l0: 1 }));
  assert.deepEqual(parts, [333, 333, 334]);
});

test("no more is given than is left, and what is on its way counts as given", () => {
  const bought = order([{ quantity: 1, paid: 5 }], { refunds: [{ status: "pending", amount: 4.5 }] });
  assert.equal(costOf(bought, { l0: 1 }), 50);
});
