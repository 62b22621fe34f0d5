/**
 * Paying, as signals and what can be asked for. The cart's topic says what is frozen and which payment
 * goes on; the payment itself is fetched. Where that leads is computed in stage.js.
 */
import { signal, computed, batch } from "../ui.js";
import { call } from "../api.js";
import { noteServerTime, parseTime } from "../clock.js";
import { readStored, writeStored } from "../storage.js";
import { uuid } from "../socket.js";
import { stageOf, troubles, unsettled } from "./stage.js";
import { present } from "../present.js";

/** A provider may take its time; the server answers before this. */
const PROVIDER_MS = 60_000;
const ASK_AGAIN_MS = 2_500;
const ASK_AGAIN_AT_MOST_MS = 15_000;
/** The payment we began, so that a page that was reloaded or asleep learns how it ended. */
const BEGUN = "st.payment";
/** Refusals of a checkout that are put right in the cart. */
const SHORT = ["insufficient_stock", "items_unavailable", "approval_needed"];

/** Where the provider's own form is shown. */
export const pageOf = (/** @type {{ provider: string, payment_id: string }} */ { provider, payment_id }) =>
  `/pay/${provider}/${payment_id}`;

/**
 * @typedef {"reserve" | "cancel" | "voucher" | "pay" | "confirm"} Asking
 * @typedef {{ kind: "expired" | "returned", amount?: number, currency?: string }} Notice
 */

export class Checkout {
  /** @type {Signal<Live.PaymentView | null>} The payment that goes on or came last. */
  payment = signal(null);
  /** @type {Signal<Asking | null>} What was asked and not answered yet. */
  asking = signal(null);
  /** @type {Signal<{ reason: string, detail: string } | null>} Of the last payment of this checkout that failed. */
  declined = signal(null);
  /** @type {Signal<Problem | null>} Of the last thing asked, to be read where the shopper pays. */
  trouble = signal(null);
  /** @type {Signal<Notice | null>} What to say above the cart of a checkout that is over. */
  notice = signal(null);
  /** @type {Signal<{ order_id: string } | null>} What is paid, until the shopper has done with it. */
  bought = signal(null);
  /** Whether the sheet is open; a frozen cart can be looked at without it. */
  sheetOpen = signal(false);
  /** @type {Signal<Rest.ProvidersAnswer | null>} What the server offers; null until it has said. */
  methods = signal(null);
  /** A voucher's code as it is typed; the sheet's body is drawn anew while the cart thaws and freezes. */
  voucher = { open: signal(false), typed: signal(""), refused: signal(/** @type {Problem | null} */ (null)) };

  /** @type {Signal<Problem | null>} The refusal of the last checkout; its lines are in `shortages`. */
  #refusal = signal(null);
  /** The page is new, or was away too long to be told everything. */
  #fresh = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #askingAgain;
  #patience = ASK_AGAIN_MS;
  #connectionBefore;

  /** @param {import("./store.js").ShopStore} store */
  constructor(store) {
    this.store = store;
    const { cart, connection } = store;
    this.stage = computed(() =>
      stageOf({
        cart: cart.value,
        payment: this.payment.value,
        asking: this.asking.value,
        declined: this.declined.value,
      }),
    );
    this.shortages = computed(() => troubles(this.#refusal.value, cart.value?.items ?? []));
    store.onCart((name, data, at) => {
      const heard = this.#heard[name];
      if (heard) batch(() => heard(data, at));
    });
    this.#connectionBefore = connection.peek();
    connection.subscribe((now) => this.#turned(now));
  }

  /**
   * What the cart's topic says.
   * @type {Record<string, (data: any, at?: string) => unknown>}
   */
  #heard = {
    Snapshot: () => this.#resume(),
    CheckoutReserved: (_, at) => {
      if (this.asking.peek()) noteServerTime(parseTime(at)); // just now: the countdown begins at the full time
      this.notice.value = null;
      this.declined.value = null;
    },
    PaymentRequested: () => this.#fetch(this.store.cart.peek()?.checkout?.payment_id),
    PaymentDeclined: ({ reason, detail, payment_id }) => {
      this.declined.value = { reason, detail };
      const paying = this.payment.peek();
      if (paying?.payment_id === payment_id) this.payment.value = { ...present(paying), status: "declined" };
    },
    CheckoutPaid: (data) => this.#finish(data.order_id),
    CheckoutExpired: () => {
      this.notice.value = { kind: "expired" };
      this.sheetOpen.value = false;
      this.declined.value = null;
      if (unsettled(this.payment.peek())) this.#fetch(this.payment.peek()?.payment_id);
    },
    CheckoutCancelled: () => {
      this.declined.value = null;
      const anew = ["voucher", "pay"].includes(this.asking.peek() ?? ""); // it thaws only to be reserved once more
      if (!anew) this.sheetOpen.value = false;
    },
    CheckoutRefused: () => (this.declined.value = null),
    PaymentReturned: (data) => {
      this.notice.value = { kind: "returned" };
      this.#fetch(data.payment_id);
    },
    SignedOut: () => {
      this.#fresh = true;
      this.sheetOpen.value = false;
      this.bought.value = null;
      this.payment.value = null;
      this.declined.value = null;
      this.notice.value = null;
      writeStored(BEGUN, null);
    },
  };

  /** The shopper has seen the end of it. */
  done = () => {
    batch(() => {
      this.bought.value = null;
      this.payment.value = null;
      this.notice.value = null;
      this.store.summary.value = null;
    });
    writeStored(BEGUN, null);
  };

  /** Keep everything in the cart for the shopper, or nothing; then the sheet is open. */
  checkOut = () => {
    this.#loadMethods();
    this.sheetOpen.value = true;
    if (this.store.cart.peek()?.checkout) return null;
    batch(() => ((this.#refusal.value = null), (this.notice.value = null)));
    return this.#only("reserve", () => this.#reserve());
  };

  /** Let go of what is kept, and shop on. */
  turnBack = () =>
    this.#only("cancel", async () => {
      await this.#thaw();
      this.sheetOpen.value = false;
    });

  /** Hold the voucher whose code is typed. */
  applyVoucher = async () => {
    const { open, typed, refused } = this.voucher;
    const code = typed.peek().trim();
    if (!code) return;
    refused.value = null;
    const problem = await this.#changeVoucher("cart.apply_voucher", code);
    refused.value = problem;
    if (problem) return;
    typed.value = "";
    open.value = false;
  };

  /** @param {string} code */
  dropVoucher = (code) => this.#changeVoucher("cart.drop_voucher", code);

  /**
   * Begin to pay with a provider; with the sandbox, hand over `card` at once. A payment that goes on
   * with the same provider is the same payment, whoever asks how often.
   * @param {string | null} provider
   * @param {string} [card]
   */
  pay = (provider, card) =>
    this.#only("pay", async () => {
      this.declined.value = null;
      const body = provider ? { payment_method: provider } : {};
      const begun = await this.store.command("payment.create", body, { id: uuid(), timeout: PROVIDER_MS });
      this.#show(begun);
      if (begun.status !== "pending") return;
      if (begun.provider !== "sandbox") location.assign(pageOf(begun));
      else if (card) await this.confirm(begun.payment_id, { card }); // else its cards are shown now
    });

  /** Have a cashier take the money: the goods are kept for longer, and a code is shown. */
  payAtTill = () =>
    this.#only("pay", async () => {
      this.declined.value = null;
      await this.#thaw();
      const kept = await this.store.command("cart.checkout", { pay: "till" }, { timeout: PROVIDER_MS });
      await this.#fetch(kept.payment_id); // what was fetched when it was asked for had no code yet
    });

  /** The shopper's word to a bank that asks for it. Of the sandbox only. @param {boolean} yes */
  approve = (yes) =>
    this.#only("confirm", () => this.confirm(present(this.payment.peek()).payment_id, { approve: yes }));

  /**
   * Hand over what the shopper did, or have the server look at what their provider says. Raises Problem.
   * @param {string} payment_id
   * @param {{ card?: string, approve?: boolean }} [given]
   */
  confirm = async (payment_id, given = {}) => {
    this.#show(await this.store.command("payment.confirm", { payment_id, ...given }, { timeout: PROVIDER_MS }));
  };

  /** How does what we began stand? */
  #resume() {
    const held = present(this.store.cart.peek()).checkout;
    if (this.#fresh && held) this.checkOut(); // a page that was reloaded goes on where it was
    this.#fresh = false;
    const begun = held?.payment_id ?? readStored(BEGUN);
    if (begun && this.payment.peek()?.payment_id !== begun) this.#fetch(begun);
    else if (begun) this.#askAgain(0);
  }

  #finish(/** @type {string} */ order_id) {
    batch(() => {
      this.bought.value = { order_id };
      this.sheetOpen.value = false;
      this.notice.value = null;
      this.declined.value = null;
      const paying = this.payment.peek();
      this.payment.value = paying && { ...paying, status: "paid", order_id };
    });
    writeStored(BEGUN, order_id); // an order has the id of its payment
  }

  /** After the network was away: what became of what we asked for? */
  #turned(/** @type {string} */ now) {
    const payment = this.payment.peek();
    if (now === "open" && this.#connectionBefore !== "open" && unsettled(payment)) this.#fetch(payment?.payment_id);
    this.#connectionBefore = now;
  }

  /**
   * Ask how a payment stands, now and again as long as nobody knows; `bank`: have our server ask the provider.
   * @param {string | null | undefined} payment_id
   */
  async #fetch(payment_id, { bank = false } = {}) {
    clearTimeout(this.#askingAgain);
    if (!payment_id) return;
    try {
      if (bank) await this.confirm(payment_id);
      else this.#show(await this.store.auth.call("GET", `/api/payments/${payment_id}`));
    } catch (problem) {
      if (problem.status === 404) return this.#forget(payment_id);
      this.#askAgain(this.#patience, payment_id);
    }
  }

  #forget(/** @type {string} */ payment_id) {
    if (readStored(BEGUN) === payment_id) writeStored(BEGUN, null);
  }

  /**
   * @param {number} after
   * @param {string} [payment_id]
   */
  #askAgain(after, payment_id = this.payment.peek()?.payment_id) {
    clearTimeout(this.#askingAgain);
    const bank = this.payment.peek()?.status === "processing";
    this.#askingAgain = setTimeout(() => this.#fetch(payment_id, { bank }), after);
    this.#patience = Math.min(this.#patience * 1.5, ASK_AGAIN_AT_MOST_MS);
  }

  /** A trolley's code was scanned: thanks for the last purchase have had their time. */
  #wantsTrolley() {
    return location.pathname.startsWith("/t/") && !this.store.cart.peek()?.checkout;
  }

  /** Show what the server says of a payment, and whatever follows from it. */
  #show(/** @type {Live.PaymentView} */ view) {
    const { status, order_id, payment_id, amount, currency } = view;
    const held = this.store.cart.peek()?.checkout;
    batch(() => {
      this.payment.value = view;
      const news = order_id && this.bought.peek()?.order_id !== order_id;
      if (status === "paid" && news && !this.#wantsTrolley()) this.#finish(present(order_id));
      if (status === "declined" && held && held.payment_id === null && !this.declined.peek())
        this.declined.value = { reason: "", detail: view.detail ?? "" };
      if (status === "refunded") this.notice.value = { kind: "returned", amount, currency };
    });
    if (unsettled(view)) writeStored(BEGUN, payment_id);
    else if (status !== "paid") this.#forget(payment_id);
    if (status === "processing" || (status === "paid" && !order_id)) this.#askAgain(this.#patience);
    else this.#patience = ASK_AGAIN_MS;
  }

  /**
   * Do one thing at a time: a second press while the first is under way does nothing.
   * @param {Asking} what
   * @param {() => Promise<void>} run
   */
  async #only(what, run) {
    if (this.asking.peek()) return;
    batch(() => ((this.asking.value = what), (this.trouble.value = null)));
    try {
      await run();
    } catch (problem) {
      this.trouble.value = problem;
    } finally {
      this.asking.value = null;
    }
  }

  async #reserve() {
    try {
      await this.store.command("cart.checkout");
    } catch (problem) {
      if (!SHORT.includes(problem.code)) throw problem;
      batch(() => ((this.#refusal.value = problem), (this.sheetOpen.value = false)));
    }
  }

  async #thaw() {
    await this.store.command("cart.cancel_checkout").catch((problem) => {
      if (problem.code !== "no_checkout") throw problem;
    });
  }

  /**
   * Hold a voucher or drop one: a frozen cart keeps its prices, so it thaws for it and is reserved anew.
   * Gives the refusal of the code, or null.
   * @param {"cart.apply_voucher" | "cart.drop_voucher"} type
   * @param {string} code
   * @returns {Promise<Problem | null>}
   */
  async #changeVoucher(type, code) {
    /** @type {Problem | null} */
    let refused = null;
    await this.#only("voucher", async () => {
      await this.#thaw();
      await this.store.command(type, { code }).catch((problem) => (refused = problem));
      await this.#reserve();
    });
    return refused;
  }

  async #loadMethods() {
    if (this.methods.peek()) return;
    try {
      this.methods.value = await call("GET", "/api/payments/providers");
    } catch {
      this.methods.value = null; // the server's own choice then
    }
  }
}
