// CartManager as a program uses it, against a running server. The environment says which server and for whom;
// the blocks between the lines of dashes are the usage examples of its documentation, as they stand there.
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { CartManager, recoverCartSync } from "../../../frontend_static/cart-manager.js";

const { SERVER, TOKEN: authToken, PRODUCT: productId, OTHER: otherId } = process.env;
const variantId = null;
const shippingAddress = { name: "A shopper", city: "Bengaluru" };
const billingAddress = shippingAddress;

/** Let the socket's messages in until `done()` or for ten seconds. */
async function until(done) {
  const end = Date.now() + 10_000;
  while (!done() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(done(), String(done));
}

/** What the examples log and complain of. */
const said = { log: [], error: [] };
const console = { log: (...words) => said.log.push(words), error: (...words) => said.error.push(words) };

/** How often the cart was asked about by its ETag, as happens without a live socket. */
let conditional = 0;
const plainFetch = globalThis.fetch;
globalThis.fetch = (url, options) => {
  if (options?.headers?.["If-None-Match"]) conditional += 1;
  return plainFetch(url, options);
};

CartManager.defaults.server = SERVER;
const shop = async (method, path, body) => {
  const headers = { Authorization: `Bearer ${authToken}`, "Content-Type": "application/json" };
  return fetch(SERVER + path, { method, headers, body: JSON.stringify(body) });
};

// ---------------------------------------------------------------------------
// Initialize cart manager
const cartManager = new CartManager(authToken);
// ---------------------------------------------------------------------------
after(() => cartManager.close());

test("an empty cart is refused before any payment", async () => {
  await assert.rejects(cartManager.checkout(shippingAddress, billingAddress), {
    message: "Cart is empty. Please add items before checkout.",
  });
});

test("the examples add, read and pay", async () => {
  // -------------------------------------------------------------------------
  // Add item to cart
  try {
    await cartManager.addItem(productId, variantId, 2);
    console.log("Item added successfully");
  } catch (error) {
    console.error("Failed to add item:", error.message);
  }

  // Get cart data
  try {
    const cart = await cartManager.getCart();
    console.log(`Cart has ${cart.items_count} items worth ₹${cart.total_price}`);
  } catch (error) {
    console.error("Failed to get cart:", error.message);
  }

  // Checkout process
  try {
    const paymentData = await cartManager.checkout(shippingAddress, billingAddress);
    console.log("Payment created:", paymentData);
  } catch (error) {
    console.error("Checkout failed:", error.message);
  }
  // -------------------------------------------------------------------------
  assert.deepEqual(said.error, []);
  assert.deepEqual(said.log.slice(0, 2), [["Item added successfully"], ["Cart has 1 items worth ₹1298"]]);
  const [, payment] = said.log[2];
  assert.deepEqual(
    [payment.status, payment.provider, payment.amount, payment.currency],
    ["pending", "sandbox", 1298, "INR"],
  );
  const frozen = await cartManager.getCart();
  assert.equal(frozen.checkout.reservation_id, payment.reservation_id);
  await assert.rejects(cartManager.addItem(productId, variantId), { code: "cart_frozen", status: 409 });
  assert.equal((await shop("DELETE", "/api/cart/checkout")).status, 204);
});

test("a change made elsewhere drops the kept cart at once", async () => {
  assert.equal(typeof WebSocket, "function", "this test wants a WebSocket; on Node 20: --experimental-websocket");
  const before = await cartManager.getCart(true);
  assert.equal(await cartManager.getCart(), before);
  const first = await shop("POST", "/api/cart/add", { product_id: otherId });
  assert.equal(first.status, 200);
  await until(() => cartManager.cart === null);
  assert.equal(conditional, 0, "it was the socket that said so");
  const next = await cartManager.getCart();
  assert.equal(next.items_count, before.items_count + 1);
  assert.equal(await cartManager.getCart(), next);
});

test("what the server refuses comes with its sentence", async () => {
  await assert.rejects(cartManager.addItem("00000000-0000-4000-8000-000000000000", null), {
    message: "There is no such product here.",
    code: "product_not_found",
    status: 404,
  });
  const stranger = new CartManager("not.a.token", { WebSocket: null });
  await assert.rejects(stranger.getCart(), { message: "Failed to fetch cart", status: 401 });
});

test("recovery gives the server's cart", async () => {
  assert.equal((await recoverCartSync(authToken)).id, (await cartManager.getCart()).id);
});
