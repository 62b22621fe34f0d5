import { test, mock } from "node:test";
import assert from "node:assert/strict";
import { CartError, CartManager, recoverCartSync } from "../cart-manager.js";

const cart = (revision, items = []) => ({
  id: "c",
  revision,
  items,
  items_count: items.length,
  total_items: items.length,
  total_price: 0,
  currency: "INR",
});
const flush = async () => {
  for (let i = 0; i < 40; i++) await Promise.resolve();
};

/** A server of one cart: `asked` has every request, `answer(method, path)` may be replaced by a test. */
function server(t) {
  const state = { cart: cart(1), asked: [], answer: null };
  mock.method(globalThis, "fetch", async (url, { method, headers, body }) => {
    const path = url.replace("http://shop", "");
    state.asked.push({ method, path, headers, body: body && JSON.parse(body) });
    const own = await state.answer?.(method, path, headers);
    if (own) return own;
    if (headers["If-None-Match"] === `"${state.cart.revision}"`) return new Response(null, { status: 304 });
    return Response.json(state.cart);
  });
  t.after(() => mock.restoreAll());
  return state;
}

const problem = (status, body) => Response.json({ status, code: "refused", ...body }, { status });

/** A WebSocket that a test speaks for. */
class Wire {
  static made = [];
  constructor(url, protocols) {
    Object.assign(this, { url, protocols, sent: [] });
    Wire.made.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  says(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

async function manager(t, options = {}) {
  const made = new CartManager("h.e.s", { server: "http://shop", WebSocket: null, ...options });
  t.after(() => made.close());
  return made;
}

function timers(t) {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 });
  t.after(() => mock.timers.reset());
}

test("the cart is asked for once in thirty seconds, or when it must be fresh", async (t) => {
  timers(t);
  const shop = server(t);
  shop.answer = (method, path, headers) => headers["If-None-Match"] && new Response(null, { status: 304 });
  const reads = () => shop.asked.filter((one) => !one.headers["If-None-Match"]).length;
  const mine = await manager(t);
  assert.equal((await mine.getCart()).revision, 1);
  await mine.getCart();
  assert.equal(reads(), 1);
  await mine.getCart(true);
  assert.equal(reads(), 2);
  mock.timers.tick(29_999);
  await mine.getCart();
  assert.equal(reads(), 2);
  mock.timers.tick(1);
  await mine.getCart();
  assert.equal(reads(), 3);
  assert.equal(shop.asked[0].headers.Authorization, "Bearer h.e.s");
});

test("two questions at once are one request", async (t) => {
  const shop = server(t);
  const mine = await manager(t);
  const [one, other] = await Promise.all([mine.getCart(), mine.getCart()]);
  assert.equal(one, other);
  assert.equal(shop.asked.length, 1);
});

test("without a socket the kept cart is asked about by its ETag, and replaced when it changed", async (t) => {
  timers(t);
  const shop = server(t);
  const mine = await manager(t);
  await mine.getCart();
  mock.timers.tick(5_000);
  await flush();
  assert.equal(shop.asked[1].headers["If-None-Match"], '"1"');
  shop.cart = cart(2);
  mock.timers.tick(5_000);
  await flush();
  assert.equal(shop.asked.length, 3);
  assert.equal((await mine.getCart()).revision, 2);
  assert.equal(shop.asked.length, 3);
});

test("a cart that nobody asks for any more is not asked about for ever", async (t) => {
  timers(t);
  const shop = server(t);
  const mine = await manager(t);
  await mine.getCart();
  for (let i = 0; i < 20; i++) {
    mock.timers.tick(5_000);
    await flush();
  }
  assert.equal(shop.asked.length, 6); // 0, 5, 10, 15, 20 and 25 seconds
});

test("the live socket drops the kept cart the moment it changes, and stops the asking", async (t) => {
  timers(t);
  Wire.made = [];
  const shop = server(t);
  const mine = await manager(t, { WebSocket: Wire });
  await mine.getCart();
  await flush();
  const wire = Wire.made[0];
  assert.equal(wire.url, "ws://shop/ws/shopper/");
  wire.onopen();
  wire.says({ type: "snapshot", topic: "cart", epoch: "e", offset: 1, data: cart(1) });
  mock.timers.tick(5_000);
  await flush();
  assert.equal((await mine.getCart()).revision, 1);
  assert.equal(shop.asked.length, 1);
  shop.cart = cart(2);
  wire.says({ type: "event", topic: "cart", offset: 2, name: "WhateverIsNew", data: { revision: 2 } });
  assert.equal(mine.cart, null);
  assert.equal((await mine.getCart()).revision, 2);
  assert.equal(shop.asked.length, 2);
});

test("an answer that is older than what the socket told is given, but not kept", async (t) => {
  Wire.made = [];
  const shop = server(t);
  const mine = await manager(t, { WebSocket: Wire });
  await mine.getCart();
  await flush();
  const wire = Wire.made[0];
  wire.onopen();
  wire.says({ type: "snapshot", topic: "cart", epoch: "e", offset: 3, data: cart(3) });
  await mine.getCart(true);
  assert.equal(mine.cart, null);
  shop.cart = cart(3);
  await mine.getCart();
  assert.equal(mine.cart.revision, 3);
});

test("adding gives the server's answer and keeps the cart that came with it", async (t) => {
  const shop = server(t);
  shop.answer = (method) =>
    method === "POST" && Response.json({ message: "Item added successfully", cart: cart(2, [{}]) });
  const mine = await manager(t);
  const answer = await mine.addItem("p1", undefined, 2);
  assert.equal(answer.message, "Item added successfully");
  assert.deepEqual(shop.asked[0].body, { product_id: "p1", variant_id: null, quantity: 2 });
  assert.equal((await mine.getCart()).items_count, 1);
  assert.equal(shop.asked.length, 1);
});

test("a refusal carries the server's sentence, and what was kept is forgotten", async (t) => {
  const shop = server(t);
  const mine = await manager(t);
  await mine.getCart();
  shop.answer = (method) =>
    method === "POST" && problem(400, { code: "product_unavailable", error: "Milk is not available." });
  await assert.rejects(mine.addItem("p1", null), (error) => {
    assert.ok(error instanceof CartError);
    assert.deepEqual([error.message, error.code, error.status], ["Milk is not available.", "product_unavailable", 400]);
    return true;
  });
  assert.equal(mine.cart, null);
});

test("a broken connection is tried once more under the same key, then said", async (t) => {
  const shop = server(t);
  let broken = 1;
  shop.answer = (method) => {
    if (broken-- > 0) throw new TypeError("fetch failed");
    return method === "POST" && Response.json({ message: "Item added successfully", cart: cart(2) });
  };
  const mine = await manager(t);
  await mine.addItem("p1", null);
  const keys = shop.asked.map((one) => one.headers["Idempotency-Key"]);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  broken = 99;
  await assert.rejects(mine.addItem("p1", null), { message: "Failed to add item", code: "offline" });
  await assert.rejects(mine.getCart(), { message: "Failed to fetch cart", code: "offline" });
  assert.equal(shop.asked.length, 6);
});

test("an empty cart is not paid for", async (t) => {
  const shop = server(t);
  const mine = await manager(t);
  await assert.rejects(mine.checkout({}, {}), { message: "Cart is empty. Please add items before checkout." });
  assert.deepEqual(
    shop.asked.map((one) => one.method),
    ["GET"],
  );
});

test("paying always asks for the cart first, and pays once however often it is called", async (t) => {
  const shop = server(t);
  shop.cart = cart(4, [{}]);
  shop.answer = (method) =>
    method === "POST" && Response.json({ payment_id: "pay", status: "pending" }, { status: 201 });
  const mine = await manager(t);
  await mine.getCart();
  const [one, other] = await Promise.all([
    mine.checkout({ city: "X" }, "there"),
    mine.checkout({ city: "X" }, "there"),
  ]);
  assert.equal(one.payment_id, "pay");
  assert.equal(one, other);
  assert.deepEqual(
    shop.asked.map((each) => `${each.method} ${each.path}`),
    ["GET /api/cart/", "GET /api/cart/", "POST /api/payments/create-from-cart/"],
  );
  assert.deepEqual(shop.asked[2].body, {
    payment_method: null,
    shipping_address: { city: "X" },
    billing_address: "there",
    currency: "INR",
    branch: null,
  });
});

test("a refused payment says why, or that it failed", async (t) => {
  const shop = server(t);
  shop.cart = cart(4, [{}]);
  shop.answer = (method) => method === "POST" && problem(400, { error: "Not enough in stock: Milk (1 of 2)." });
  const mine = await manager(t);
  await assert.rejects(mine.checkout(), { message: "Not enough in stock: Milk (1 of 2)." });
  shop.answer = (method) => method === "POST" && new Response("<h1>Bad gateway</h1>", { status: 502 });
  await assert.rejects(mine.checkout(), { message: "Checkout failed", status: 502 });
});

test("recovery forgets what earlier front ends kept and gives the server's cart", async (t) => {
  const shop = server(t);
  const kept = {
    removed: [],
    removeItem(key) {
      this.removed.push(key);
    },
  };
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(globalThis, name, { value: kept, configurable: true });
    t.after(() => delete globalThis[name]);
  }
  const before = CartManager.defaults;
  CartManager.defaults = { ...before, server: "http://shop" };
  t.after(() => (CartManager.defaults = before));
  shop.cart = cart(7);
  assert.equal((await recoverCartSync("h.e.s")).revision, 7);
  assert.deepEqual(kept.removed, ["cartId", "cartData"]);
  shop.answer = () => problem(401, { code: "not_authenticated" });
  await assert.rejects(recoverCartSync("h.e.s"), { message: "Failed to recover cart", status: 401 });
});
