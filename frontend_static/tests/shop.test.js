import { test, mock } from "node:test";
import assert from "node:assert/strict";
import { signal } from "../js/ui.js";
import { CartEdits } from "../js/shop/edits.js";
import { Checkout } from "../js/shop/checkout.js";
import { Problem } from "../js/problem.js";

const TEA = { id: "line-1", quantity: 1, product: { id: "tea", name: "Tea", barcode: "729" } };
const CART = { revision: 4, items: [TEA], items_count: 1, total_items: 1, total_price: 5, currency: "INR" };

const flush = async () => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
};

/** Edits of a cart, and the commands they sent, each answered by the test. */
function edits() {
  const sent = [];
  const socket = {
    request: (type, fields, options) =>
      new Promise((answer, refuse) => sent.push({ type, fields, id: options?.id, answer, refuse })),
  };
  const cart = signal(structuredClone(CART));
  return { sent, cart, edits: new CartEdits({ socket, cart, session: signal({ session_id: "s" }) }) };
}

test("what is added is shown as on its way until the cart has it", async () => {
  const { sent, cart, edits: mine } = edits();
  const added = mine.addBarcode("840");
  assert.deepEqual(sent[0].fields, { barcode: "840", session_id: "s" });
  assert.equal(mine.lines.value.at(-1).ghost, true);
  sent[0].answer({ revision: 5 });
  await added;
  assert.equal(mine.busy.value, true); // answered, and not yet in the cart that we show
  mine.settleWith((cart.value = { ...CART, revision: 5 }));
  assert.equal(mine.busy.value, false);
});

test("what is refused is shown no more, and the refusal is the caller's", async () => {
  const { sent, edits: mine } = edits();
  const added = mine.addBarcode("840");
  sent[0].refuse(new Problem({ code: "product_not_found" }));
  await assert.rejects(added, { code: "product_not_found" });
  assert.equal(mine.lines.value.length, 1);
});

test("many taps on a stepper are one command with the last wish", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { sent, edits: mine } = edits();
  for (const wish of [2, 3, 4]) mine.setQuantity(TEA, wish);
  assert.equal(mine.lines.value[0].quantity, 4);
  mock.timers.tick(300);
  assert.deepEqual(
    sent.map((one) => one.fields),
    [{ item_id: "line-1", quantity: 4 }],
  );
  mine.setQuantity(TEA, 6); // while the first is under way
  sent[0].answer({ revision: 4 });
  await flush();
  assert.deepEqual(sent[1].fields, { item_id: "line-1", quantity: 6 });
});

test("two pages' stores know nothing of each other", () => {
  const [one, two] = [edits(), edits()];
  one.edits.addBarcode("840");
  assert.equal(one.edits.busy.value, true);
  assert.equal(two.edits.busy.value, false);
});

/** A checkout of a shop whose answers are `answers`, by command; one that is a Problem refuses. */
function checkout(answers) {
  const sent = [];
  const heard = [];
  const store = {
    cart: signal(structuredClone(CART)),
    connection: signal("open"),
    summary: signal(null),
    onCart: (listener) => heard.push(listener),
    command: async (type) => {
      sent.push(type);
      if (answers[type] instanceof Problem) throw answers[type];
      return answers[type];
    },
  };
  return { sent, store, tell: (name, data) => heard.forEach((each) => each(name, data)), paying: new Checkout(store) };
}

test("a shortage closes the sheet and names what there is, and a changed line is no trouble any more", async () => {
  mock.method(globalThis, "fetch", () => Promise.reject(new TypeError("no network in a test")));
  const items = [{ item_id: "line-1", available: 0 }];
  const short = new Problem({ code: "insufficient_stock", items });
  const { paying } = checkout({ "cart.checkout": short });
  await paying.checkOut();
  assert.equal(paying.sheetOpen.value, false);
  assert.deepEqual(paying.shortages.value, { "line-1": { gone: true, sold_out: true } });
  assert.equal(paying.trouble.value, null);
});

test("a second press while the first is under way sends nothing", async () => {
  const { sent, paying } = checkout({ "cart.cancel_checkout": new Problem({ code: "no_checkout" }) });
  await Promise.all([paying.turnBack(), paying.turnBack()]);
  assert.deepEqual(sent, ["cart.cancel_checkout"]);
  assert.equal(paying.asking.value, null);
});

test("a refused voucher stays typed with its refusal, and the cart is reserved again", async () => {
  const wrong = new Problem({ code: "voucher_unknown" });
  const { sent, paying } = checkout({ "cart.apply_voucher": wrong });
  paying.voucher.typed.value = " DIWALI ";
  await paying.applyVoucher();
  assert.deepEqual(sent, ["cart.cancel_checkout", "cart.apply_voucher", "cart.checkout"]);
  assert.equal(paying.voucher.refused.value?.code, "voucher_unknown");
  assert.equal(paying.voucher.typed.value, " DIWALI ");
});

test("an expired checkout says so above the cart", () => {
  const { paying, tell } = checkout({});
  paying.sheetOpen.value = true;
  tell("CheckoutExpired", {});
  assert.deepEqual(paying.notice.value, { kind: "expired" });
  assert.equal(paying.sheetOpen.value, false);
});
