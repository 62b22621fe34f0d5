/**
 * Paying, as signals and what can be asked for. The cart's topic says what is frozen and which payment
 * goes on; the payment itself is fetched. Where that leads is computed in stage.js.
 */
import { signal, computed, batch } from "../ui.js";
import { auth, call } from "../api.js";
import { noteServerTime, parseTime } from "../clock.js";
import { readStored, writeStored } from "../storage.js";
import { uuid } from "../socket.js";
import { cart, command, connection, onCart, summary } from "./store.js";
import { stageOf, troubles, unsettled } from "./stage.js";
import { present } from "../present.js";

/** A provider may take its time; the server answers before this. */
const PROVIDER_MS = 60_000;
const ASK_AGAIN_MS = 2_500;
const ASK_AGAIN_AT_MOST_MS = 15_000;
/** The payment we began, so that a page that was reloaded or asleep learns how it ended. */
const BEGUN = "st.payment";

/** The PaymentView that goes on or came last, or null. */
export const payment = signal(/** @type {Live.PaymentView | null} */ (null));
/** What was asked and not answered yet: "reserve", "cancel", "voucher", "pay", "confirm", or null. */
export const asking = signal(/** @type {string | null} */ (null));
/** {reason, detail} of the last payment of this checkout that came to nothing. */
export const declined = signal(/** @type {{ reason: string, detail: string } | null} */ (null));
/** The problem of the last thing asked that the shopper should read where they pay. */
export const trouble = signal(/** @type {Problem | null} */ (null));
/** The refusal of the last checkout; its lines are in `shortages`. */
const refusal = signal(/** @type {Problem | null} */ (null));
/** What to say above the cart about a checkout that is over: {kind: "expired" | "returned", amount?, currency?}. */
export const checkoutNotice = signal(/** @type {{ kind: string, amount?: number, currency?: string } | null} */ (null));
/** {order_id} of what is paid, until the shopper has done with it. */
export const bought = signal(/** @type {{ order_id: string } | null} */ (null));
/** Whether the sheet is open; a frozen cart can be looked at without it. */
export const sheetOpen = signal(false);
/** {default, providers: [{name, cards?}]} as the server offers; null until it has said. */
export const methods = signal(/** @type {Rest.ProvidersAnswer | null} */ (null));

export const stage = computed(() =>
  stageOf({ cart: cart.value, payment: payment.value, asking: asking.value, declined: declined.value }),
);
export const shortages = computed(() => troubles(refusal.value, cart.value?.items ?? []));

// --- what the cart's topic says -------------------------------------------------------

onCart((name, data, at) => {
  const heard = HEARD[name];
  if (heard) batch(() => heard(data, at));
});

const HEARD = {
  Snapshot: () => resume(),
  CheckoutReserved(data, at) {
    if (asking.peek()) noteServerTime(parseTime(at)); // it has just happened: the countdown begins at the full time
    checkoutNotice.value = null;
    declined.value = null;
  },
  PaymentRequested: () => fetchPayment(cart.peek()?.checkout?.payment_id),
  PaymentDeclined(data) {
    declined.value = { reason: data.reason, detail: data.detail };
    const paying = payment.peek();
    if (paying && paying.payment_id === data.payment_id) payment.value = { ...paying, status: "declined" };
  },
  CheckoutPaid: (data) => finish(data.order_id),
  CheckoutExpired() {
    checkoutNotice.value = { kind: "expired" };
    sheetOpen.value = false;
    declined.value = null;
    if (unsettled(payment.peek())) fetchPayment(payment.peek()?.payment_id);
  },
  CheckoutCancelled() {
    declined.value = null;
    if (asking.peek() !== "voucher") sheetOpen.value = false;
  },
  CheckoutRefused: () => (declined.value = null),
  PaymentReturned(data) {
    checkoutNotice.value = { kind: "returned" };
    fetchPayment(data.payment_id);
  },
  SignedOut() {
    fresh = true;
    sheetOpen.value = false;
    bought.value = null;
    payment.value = null;
    declined.value = null;
    checkoutNotice.value = null;
    writeStored(BEGUN, null);
  },
};

let fresh = true;

/** The page is new, or was away too long to be told everything: how does what we began stand? */
function resume() {
  const held = present(cart.peek()).checkout;
  if (fresh && held) checkOut(); // a page that was reloaded goes on where it was
  fresh = false;
  const begun = held?.payment_id ?? readStored(BEGUN);
  if (begun && payment.peek()?.payment_id !== begun) fetchPayment(begun);
  else if (begun) askAgain(0);
}

function finish(order_id) {
  batch(() => {
    bought.value = { order_id };
    sheetOpen.value = false;
    checkoutNotice.value = null;
    declined.value = null;
    const paying = payment.peek();
    payment.value = paying && { ...paying, status: "paid", order_id };
  });
  writeStored(BEGUN, order_id); // an order has the id of its payment
}

/** The shopper has seen the end of it. */
export function done() {
  batch(() => {
    bought.value = null;
    payment.value = null;
    checkoutNotice.value = null;
    summary.value = null;
  });
  writeStored(BEGUN, null);
}

// --- the payment -----------------------------------------------------------------------

/** @type {ReturnType<typeof setTimeout> | undefined} */
let asked;
let patience = ASK_AGAIN_MS;

/** Ask how the payment stands, now and again as long as nobody knows; `bank`: have our server ask the provider. */
async function fetchPayment(payment_id, { bank = false } = {}) {
  clearTimeout(asked);
  if (!payment_id) return;
  try {
    if (bank) await confirm(payment_id, {});
    else show(await auth.call("GET", `/api/payments/${payment_id}`));
  } catch (problem) {
    if (problem.status === 404) return forget(payment_id);
    askAgain(patience, payment_id);
  }
}

/** A trolley's code was scanned: thanks for the last purchase have had their time. */
const wantsTrolley = () => location.pathname.startsWith("/t/") && !cart.peek()?.checkout;

function forget(payment_id) {
  if (readStored(BEGUN) === payment_id) writeStored(BEGUN, null);
}

function askAgain(after, payment_id = payment.peek()?.payment_id) {
  clearTimeout(asked);
  const bank = payment.peek()?.status === "processing";
  asked = setTimeout(() => fetchPayment(payment_id, { bank }), after);
  patience = Math.min(patience * 1.5, ASK_AGAIN_AT_MOST_MS);
}

/** Show what the server says of a payment, and whatever follows from it. */
function show(view) {
  const held = cart.peek()?.checkout;
  batch(() => {
    payment.value = view;
    if (view.status === "paid" && view.order_id && bought.peek()?.order_id !== view.order_id && !wantsTrolley())
      finish(view.order_id);
    if (view.status === "declined" && held && held.payment_id === null && !declined.peek())
      declined.value = { reason: "", detail: view.detail };
    if (view.status === "refunded")
      checkoutNotice.value = { kind: "returned", amount: view.amount, currency: view.currency };
  });
  if (unsettled(view)) writeStored(BEGUN, view.payment_id);
  else if (view.status !== "paid") forget(view.payment_id);
  const waiting = view.status === "processing" || (view.status === "paid" && !view.order_id);
  if (waiting) askAgain(patience);
  else patience = ASK_AGAIN_MS;
}

// --- asking ------------------------------------------------------------------------------

/** Do one thing at a time: a second press while the first is under way does nothing. */
async function only(what, run) {
  if (asking.peek()) return;
  batch(() => ((asking.value = what), (trouble.value = null)));
  try {
    await run();
  } catch (problem) {
    trouble.value = problem;
  } finally {
    asking.value = null;
  }
}

/** Keep everything in the cart for the shopper, or nothing; then the sheet is open. */
export function checkOut() {
  loadMethods();
  sheetOpen.value = true;
  if (cart.peek()?.checkout) return null;
  batch(() => ((refusal.value = null), (checkoutNotice.value = null)));
  return only("reserve", reserve);
}

async function reserve() {
  try {
    await command("cart.checkout");
  } catch (problem) {
    const known = ["insufficient_stock", "items_unavailable"].includes(problem.code);
    if (!known) throw problem;
    batch(() => ((refusal.value = problem), (sheetOpen.value = false)));
  }
}

/** Let go of what is kept, and shop on. */
export const turnBack = () =>
  only("cancel", async () => {
    await thaw();
    sheetOpen.value = false;
  });

async function thaw() {
  await command("cart.cancel_checkout").catch((problem) => {
    if (problem.code !== "no_checkout") throw problem;
  });
}

/**
 * Hold a voucher or drop one: a frozen cart keeps its prices, so it thaws for it and is reserved anew.
 * Gives the refusal of the code, or null.
 */
export async function changeVoucher(type, code) {
  let refused = null;
  await only("voucher", async () => {
    await thaw();
    await command(type, { code }).catch((problem) => (refused = problem));
    await reserve();
  });
  return refused;
}

/**
 * Begin to pay with a provider; with the sandbox, hand over `card` at once. A payment that goes on
 * with the same provider is the same payment, whoever asks how often.
 */
export const pay = (provider, card) =>
  only("pay", async () => {
    declined.value = null;
    const body = provider ? { payment_method: provider } : {};
    const begun = await command("payment.create", body, { id: uuid(), timeout: PROVIDER_MS });
    show(begun);
    if (begun.status !== "pending") return;
    if (begun.provider !== "sandbox") location.assign(pageOf(begun));
    else if (card) await confirm(begun.payment_id, { card }); // else its cards are shown now
  });

/** Where the provider's own form is shown. */
export const pageOf = ({ provider, payment_id }) => `/pay/${provider}/${payment_id}`;

/** The shopper's word to a bank that asks for it. Of the sandbox only. */
export const approve = (yes) => only("confirm", () => confirm(present(payment.peek()).payment_id, { approve: yes }));

/** Hand over what the shopper did, or have the server look at what their provider says. Raises Problem. */
export async function confirm(payment_id, word) {
  const answer = await command("payment.confirm", { payment_id, ...word }, { timeout: PROVIDER_MS });
  show(answer);
}

async function loadMethods() {
  if (methods.peek()) return;
  try {
    methods.value = await call("GET", "/api/payments/providers");
  } catch {
    methods.value = null; // the server's own choice then
  }
}

/** After the network was away: what became of what we asked for? */
let before = connection.peek();
connection.subscribe((now) => {
  if (now === "open" && before !== "open" && unsettled(payment.peek())) fetchPayment(payment.peek()?.payment_id);
  before = now;
});
