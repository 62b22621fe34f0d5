/**
 * The shopper's cart for programs that only want a cart: fetch, add, pay. Runs in browsers and in
 * Node 20 and newer; no build step, no page needed.
 *
 *     const cartManager = new CartManager(authToken);
 *     await cartManager.addItem(productId, variantId, 2);
 *     const cart = await cartManager.getCart();
 *     const payment = await cartManager.checkout(shippingAddress, billingAddress);
 *
 * A cart that was fetched is kept for 30 seconds, and dropped at once when it changes elsewhere: the
 * live socket says so. Where there is no WebSocket (Node 20 without `--experimental-websocket`), or
 * while it is away, the kept cart is asked about by its ETag every few seconds instead.
 *
 * A cart that was lost or went stale needs no help: whatever fails drops the kept cart, so that the
 * next read brings the server's. Nothing here ever reloads a page.
 */
import { call } from "./js/api.js";
import { TrolleySocket, uuid } from "./js/socket.js";

const CACHE_MS = 30_000;
const POLL_MS = 5_000;
/** What earlier front ends kept in the browser, and what went stale there. */
const OLD_KEYS = [
  ["localStorage", "cartId"],
  ["sessionStorage", "cartData"],
];

/** A refusal or failure. `code` and `status` are the server's (`offline` without an answer), `cause` its Problem. */
export class CartError extends Error {
  /**
   * @param {string} message
   * @param {Problem} [problem]
   */
  constructor(message, problem) {
    super(message, { cause: problem });
    this.name = "CartError";
    this.code = problem?.code ?? "cart_empty";
    this.status = problem?.status;
  }
}

/**
 * The server's own sentence, `otherwise` when there is none. A lost connection has none.
 * @param {any} problem
 * @param {string} otherwise
 */
const sentence = (problem, otherwise) => problem.error ?? problem.detail ?? otherwise;

/** In Node a timer keeps the process alive unless it is told not to. @param {any} timer */
const waitsForNobody = (timer) => timer.unref?.();

/**
 * `call`, once more with the same key if the connection broke: the server does nothing twice for one key.
 * @param {string} server
 * @param {string} method
 * @param {string} path
 * @param {{ token?: string, body?: unknown, key?: string, headers?: Record<string, string> }} options
 */
async function send(server, method, path, { token, body, key = "", headers = {} }) {
  const options = { token, body, headers: key ? { ...headers, "Idempotency-Key": key } : headers };
  try {
    return await call(method, server + path, options);
  } catch (problem) {
    if (problem.code !== "offline") throw problem;
    return call(method, server + path, options);
  }
}

export class CartManager {
  #auth;
  #options;
  /** @type {TrolleySocket | null} */
  #socket = null;
  #live = false;
  #heard = 0;
  /** @type {Promise<any> | null} */
  #reading = null;
  /** @type {Promise<any> | null} */
  #paying = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #poll;
  #closed = false;

  /** What the options are when they are not given. A program without a page says `server` here once. */
  static defaults = {
    server: globalThis.location?.origin ?? "",
    WebSocket: globalThis.WebSocket,
    paymentMethod: undefined,
    branch: undefined,
  };

  /**
   * `authToken`: an access token, or an object whose `access({fresh})` gives one (js/api.js has it).
   * Options: `server`, an origin; `WebSocket`, the class, null for none; `paymentMethod`, the provider's
   * name, by default the server's own; `branch`, needed to pay only for who holds no trolley.
   * @param {string | { access(): Promise<string> }} authToken
   */
  constructor(authToken, options = {}) {
    this.token = authToken;
    this.cart = null;
    this.lastFetch = null;
    this.cacheDuration = CACHE_MS;
    this.#auth = typeof authToken === "string" ? { access: async () => authToken } : authToken;
    this.#options = { ...CartManager.defaults, ...options };
  }

  /** The cart as the server has it, at most 30 seconds old, and newer than any change heard of. Raises CartError. */
  async getCart(forceRefresh = false) {
    if (!forceRefresh && this.cart && Date.now() - (this.lastFetch ?? 0) < this.cacheDuration) return this.cart;
    this.#forget();
    // Who asks while an answer is under way gets that one, unless it may be older than what was just done.
    if (this.#reading && !forceRefresh) return this.#reading;
    const reading = this.#read();
    const done = () => this.#reading === reading && (this.#reading = null);
    reading.then(done, done);
    return (this.#reading = reading);
  }

  /**
   * Put a product into the cart; gives the server's answer. `variantId` may be null. Raises CartError.
   * @param {string} productId
   * @param {string | null} variantId
   */
  async addItem(productId, variantId, quantity = 1) {
    const body = { product_id: productId, variant_id: variantId ?? null, quantity };
    const answer = await this.#post("/api/cart/add/", body, "Failed to add item");
    this.#keep(answer.cart);
    return answer;
  }

  /**
   * Reserve what is in the cart and begin to pay for it; gives the payment with its provider's client
   * data. A second call while the first is under way is the same checkout. Raises CartError.
   * @param {object | null} [shippingAddress]
   * @param {object | null} [billingAddress]
   */
  checkout(shippingAddress, billingAddress) {
    this.#paying ??= this.#pay(shippingAddress, billingAddress).finally(() => (this.#paying = null));
    return this.#paying;
  }

  /** Follow the cart no more; a program in Node ends only after this. */
  close() {
    this.#closed = true;
    clearTimeout(this.#poll);
    this.#socket?.close();
  }

  // --- asking ---------------------------------------------------------------

  async #read() {
    try {
      const cart = await send(this.#options.server, "GET", "/api/cart/", { token: await this.#auth.access() });
      this.#keep(cart);
      this.#follow();
      return cart;
    } catch (problem) {
      throw new CartError("Failed to fetch cart", problem);
    }
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @param {string} otherwise
   */
  async #post(path, body, otherwise) {
    try {
      const token = await this.#auth.access();
      return await send(this.#options.server, "POST", path, { token, body, key: uuid() });
    } catch (problem) {
      this.#forget(); // whether it was done or refused: what we kept may not be the cart any more
      throw new CartError(sentence(problem, otherwise), problem);
    }
  }

  /**
   * @param {object | null} [shippingAddress]
   * @param {object | null} [billingAddress]
   */
  async #pay(shippingAddress, billingAddress) {
    const cart = await this.getCart(true);
    if (!cart.items || cart.items.length === 0) throw new CartError("Cart is empty. Please add items before checkout.");
    const { paymentMethod, branch } = this.#options;
    const body = {
      payment_method: paymentMethod ?? null,
      shipping_address: shippingAddress ?? null,
      billing_address: billingAddress ?? null,
      currency: cart.currency,
      branch: branch ?? null,
    };
    const payment = await this.#post("/api/payments/create-from-cart/", body, "Checkout failed");
    this.#forget(); // it is frozen now
    return payment;
  }

  // --- keeping --------------------------------------------------------------

  /** @param {any} cart */
  #keep(cart) {
    if (cart.revision < Math.max(this.#heard, this.cart?.revision ?? 0)) return; // older than what is known
    this.cart = cart;
    this.lastFetch = Date.now();
    this.#armPoll();
  }

  #forget() {
    this.cart = null;
    this.lastFetch = null;
    clearTimeout(this.#poll);
  }

  /**
   * The cart is at `revision`, says the socket.
   * @param {number} revision
   */
  #moved(revision) {
    this.#heard = Math.max(this.#heard, revision);
    if (this.cart && this.cart.revision < revision) this.#forget();
  }

  #follow() {
    const { server, WebSocket } = this.#options;
    if (this.#socket || this.#closed || !WebSocket) return;
    this.#socket = new TrolleySocket({
      url: `${server.replace(/^http/, "ws")}/ws/shopper/`,
      auth: this.#auth,
      Socket: WebSocket,
      onState: (state) => void (state !== "open" && this.#away()),
    });
    this.#socket.subscribe("cart", {
      snapshot: (cart) => this.#moved(cart.revision),
      event: (name, data) => this.#moved(data.revision),
      live: () => (this.#live = true),
    });
    this.#socket.open();
  }

  #away() {
    this.#live = false;
    this.#armPoll();
  }

  /** Without the socket: ask every few seconds whether the kept cart still is the cart, as long as it is kept. */
  #armPoll() {
    clearTimeout(this.#poll);
    if (this.#live || this.#closed || !this.cart) return;
    this.#poll = setTimeout(() => this.#revalidate(), POLL_MS);
    waitsForNobody(this.#poll); // in Node: nobody has to wait for this
  }

  async #revalidate() {
    const kept = this.cart;
    if (this.#live || !kept || Date.now() - (this.lastFetch ?? 0) >= this.cacheDuration) return;
    const headers = { "If-None-Match": `"${kept.revision}"` };
    try {
      const cart = await call("GET", `${this.#options.server}/api/cart/`, {
        token: await this.#auth.access(),
        headers,
      });
      if (this.cart === kept) this.#keep(cart);
    } catch (problem) {
      // 304: it still is. No answer: the 30 seconds decide.
      if (problem.status === 304 || problem.code === "offline") return this.#armPoll();
      if (this.cart === kept) this.#forget();
    }
  }
}

/**
 * For programs that keep a cart of their own and think that it is stale: forget what earlier versions
 * kept in this browser and fetch the server's cart. Raises CartError.
 * @param {string} token
 */
export async function recoverCartSync(token) {
  for (const [store, key] of OLD_KEYS) {
    try {
      /** @type {any} */ (globalThis)[store]?.removeItem(key);
    } catch {
      continue; // storage is forbidden here, so nothing stale is in it
    }
  }
  try {
    return await send(CartManager.defaults.server, "GET", "/api/cart/", { token });
  } catch (problem) {
    throw new CartError("Failed to recover cart", problem);
  }
}
