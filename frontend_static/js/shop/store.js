/**
 * What the shopper page knows, as signals, and what it can ask for. The server's word comes in
 * through the folds; what is on its way is kept apart in `pending` and laid over it.
 */
import { signal, computed, batch } from "../ui.js";
import { auth } from "../api.js";
import { TrolleySocket, uuid } from "../socket.js";
import { socketUrl } from "../connect.js";
import { foldCart, foldSession, overlay, settled } from "../fold.js";
import { noteServerTime, parseTime } from "../clock.js";
import { toast } from "../parts/common.js";
import { t, reason } from "../i18n.js";
import { present } from "../present.js";

/**
 * How the last use ended.
 * @typedef {{ session_id?: string, trolley_id?: string, total?: number, units: number, products: number,
 *   currency?: string, outcome?: string }} Summary
 * A command on its way, see `overlay`.
 * @typedef {import("../fold.js").Pending & { revision?: number }} Pending
 */

const HEARTBEAT_MS = 10_000;
/** So many signs of life fit into a session's timeout, whatever the branch has set. */
const BEATS = 3;
/** Taps on a stepper within this time are one command. */
const STEP_MS = 280;

export const signedIn = signal(auth.signedIn);
export const connection = signal("closed");
/** The CartView of the server, null until the first snapshot. */
export const cart = signal(/** @type {Live.CartView | null} */ (null));
/** {session: SessionView | null, outcome?}, null until the first snapshot. */
export const sessionTopic = signal(/** @type {{ session: Live.SessionView | null, outcome?: string } | null} */ (null));
export const pending = signal(/** @type {Pending[]} */ ([]));
/** How the last use ended: {trolley_id, total, units, currency, outcome}. */
export const summary = signal(/** @type {Summary | null} */ (null));
/** The call for help that stands: {alarm_id, answered}. */
export const help = signal(/** @type {{ alarm_id: string, answered?: boolean } | null} */ (null));
/** Code of the trolley that a slot may have taken in, as long as nobody has said so. */
export const asked = signal(/** @type {string | null} */ (null));
/** Code of the trolley that was last seen to be back in a slot. */
export const returned = signal(/** @type {string | null} */ (null));
/** Whether the trolley that is held, or was held last, hangs on a lock. */
export const hasLock = signal(false);
export const claiming = signal(/** @type {string | null} */ (null));
/** The refusal of the last claim. */
export const claimProblem = signal(/** @type {Problem | null} */ (null));

export const session = computed(() => sessionTopic.value?.session ?? null);
export const lines = computed(() => (cart.value ? overlay(cart.value, pending.value) : []));
export const busy = computed(() => pending.value.length > 0);

const socket = new TrolleySocket({
  url: socketUrl("/ws/shopper/"),
  auth,
  onState(state) {
    connection.value = state;
    if (state === "signed_out") leave();
    if (state === "open") beat();
  },
});

const listeners = new Set();

/** `heard(name, data, at)` is told of every event of the cart once it is folded in, and of a fresh "Snapshot". */
export const onCart = (heard) => listeners.add(heard);

/** Send a command; see `TrolleySocket.request`. */
export const command = (type, fields, options) => socket.request(type, fields, options);

function leave() {
  for (const heard of listeners) heard("SignedOut", {});
  batch(() => {
    signedIn.value = false;
    asked.value = null;
    cart.value = null;
    sessionTopic.value = null;
    pending.value = [];
  });
}

/** Connect and follow the caller's own topics. */
export function start() {
  signedIn.value = true;
  socket.subscribe("cart", {
    snapshot(data) {
      showCart(data);
      for (const heard of listeners) heard("Snapshot", data);
    },
    event(name, data, at) {
      if (name === "SessionDetached") totalsAtEnd = { ...cartTotals(), session_id: data.session_id };
      showCart(foldCart(cart.peek(), name, data));
      for (const heard of listeners) heard(name, data, at);
    },
  });
  socket.subscribe("session", {
    snapshot: (data) => showSession(data),
    event: (name, data) => showSession(foldSession(sessionTopic.peek(), name, data)),
  });
  socket.subscribe("notifications", { snapshot() {}, event: (name, data) => notify(name, data) });
  socket.open();
}

export async function signOut() {
  socket.close();
  await auth.signOut();
  leave();
}

function showCart(next) {
  batch(() => {
    cart.value = next;
    pending.value = pending.value.filter((one) => !settled(next, one));
  });
}

/** The session topic moved: a session began, changed or is over. */
function showSession(next) {
  const before = session.peek();
  batch(() => {
    sessionTopic.value = next;
    if (next.session) claiming.value = null;
    if (before && !next.session) summarise(before, next.outcome);
    if (next.session) {
      summary.value = null;
      hasLock.value = next.session.lock?.reported !== "unknown" || next.session.custody !== "unknown";
    }
    if (next.session?.session_id !== before?.session_id) help.value = null;
  });
  if (next.session && next.session.session_id !== before?.session_id) beat();
}

function summarise(/** @type {Live.SessionView} */ before, /** @type {string | undefined} */ outcome) {
  if (summary.peek()?.session_id === before.session_id) {
    if (outcome) summary.value = { ...present(summary.peek()), outcome };
    return;
  }
  const last = totalsAtEnd?.session_id === before.session_id ? totalsAtEnd : cartTotals();
  summary.value = {
    ...last,
    session_id: before.session_id,
    trolley_id: before.trolley_id,
    outcome: outcome ?? "expired",
  };
}

/** The cart as it was when its session was detached; the event that says so empties it. @type {Summary | null} */
let totalsAtEnd = null;

/** The cart as it is now, for the page that says goodbye: the server clears it with the session. */
/** @returns {Summary} */
function cartTotals() {
  const now = cart.peek();
  return {
    total: now?.total_price,
    units: now?.total_items ?? 0,
    products: now?.items_count ?? 0,
    currency: now?.currency,
  };
}

function notify(name, data) {
  if (name === "HelpAnswered" && help.peek()) help.value = { ...present(help.peek()), answered: true };
  if (name === "HelpDone") help.value = null;
  if (name === "TrolleyReturned") {
    returned.value = data.trolley_id;
    if (asked.peek() === data.trolley_id) asked.value = null;
  }
  if (name === "ScanWanted") asked.value = data.trolley_id;
  const said = { LockFailed: "notice.lock_failed", TrolleyReturned: "notice.returned", HelpAnswered: "help.coming" }[
    name
  ];
  if (said) toast(t(said, { trolley: data.trolley_id }), { bad: data.severity !== "info" && name === "LockFailed" });
}

// --- session -----------------------------------------------------------------

/** Take a trolley: its code, or the whole address of its QR. */
export async function claim(code) {
  claimProblem.value = null;
  claiming.value = code;
  try {
    const answer = await socket.request("session.start", { trolley_id: code });
    noteDeadline(answer);
  } catch (problem) {
    claimProblem.value = problem;
    claiming.value = null;
    return problem;
  }
  return null;
}

export async function endSession() {
  const { session_id, trolley_id } = present(session.peek());
  summary.value = { ...cartTotals(), session_id, trolley_id, outcome: "abandoned" };
  try {
    await socket.request("session.end", { session_id });
    claiming.value = null;
  } catch (problem) {
    if (session.peek()) summary.value = null;
    throw problem;
  }
}

/** Say that the trolley is in the slot that asks. Raises Problem. */
export async function giveBack(trolley_id) {
  await socket.request("trolley.return", { trolley_id });
  asked.value = null;
}

/** Call somebody of the staff; a second call while one stands is the same call. Raises Problem. */
export async function callForHelp() {
  help.value = await socket.request("help.call", {});
}

/**
 * The server's clock, from an answer that has just pushed the deadline back by the whole timeout.
 * @param {{ expires_at: string, timeout_s?: number }} answer
 */
function noteDeadline({ expires_at, timeout_s }) {
  const seconds = timeout_s ?? session.peek()?.timeout_s;
  const at = parseTime(expires_at);
  if (seconds && !Number.isNaN(at)) noteServerTime(at - seconds * 1000);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let beating;

/** Say that we are here, now and every ten seconds or sooner, while somebody looks at the page. */
async function beat() {
  clearTimeout(beating);
  const now = session.peek();
  beating = setTimeout(beat, Math.min(HEARTBEAT_MS, now ? (now.timeout_s * 1000) / BEATS : HEARTBEAT_MS));
  if (!now || connection.peek() !== "open" || document.visibilityState === "hidden") return;
  try {
    const answer = await socket.request(
      "session.heartbeat",
      { session_id: now.session_id },
      { queue: false, timeout: 8000 },
    );
    noteDeadline(answer);
    if (answer.expires_at && session.peek()?.session_id === now.session_id) {
      sessionTopic.value = {
        ...sessionTopic.peek(),
        session: { ...present(session.peek()), expires_at: answer.expires_at },
      };
    }
  } catch (problem) {
    console.info("heartbeat:", problem.code); // the session topic tells us if it is over
  }
}
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beat());

// --- cart --------------------------------------------------------------------

const drop = (key) => (pending.value = pending.value.filter((one) => one.key !== key));

function settle(key, revision) {
  const mine = pending.peek().find((one) => one.key === key);
  if (!mine) return;
  const done = { ...mine, revision: revision ?? 0 };
  if (settled(cart.peek(), done)) drop(key);
  else pending.value = pending.peek().map((one) => (one === mine ? done : one));
}

/** Send a cart command with its mark laid over the cart until it is settled. Raises Problem. */
async function ask(type, fields, mark) {
  const key = uuid();
  pending.value = [...pending.peek(), { ...mark, key }];
  try {
    const answer = await socket.request(type, fields, { id: key });
    settle(key, answer.revision);
    return answer;
  } catch (problem) {
    drop(key);
    throw problem;
  }
}

/** `ask`, with the refusal said aloud; gives the answer or null. */
async function tryTo(type, fields, mark, what) {
  try {
    return await ask(type, fields, mark);
  } catch (problem) {
    toast(t("refused", { what, why: reason(problem) }), { bad: true });
    return null;
  }
}

const inSession = () => (session.peek() ? { session_id: session.peek()?.session_id } : {});

/** Add by barcode; raises Problem so that the scanner can say it where the shopper looks. */
export const addBarcode = (barcode) => ask("cart.add", { barcode, ...inSession() }, { kind: "add", barcode });

const steps = new Map();

/** A stepper was tapped: the last wish within a moment is sent, one command at a time a line. */
export function setQuantity(line, quantity) {
  if (quantity < 1) return remove(line);
  if (quantity > 999) return;
  const step = steps.get(line.id) ?? { sending: false };
  steps.set(line.id, step);
  step.wish = quantity;
  pending.value = [
    ...pending.peek().filter((one) => one.key !== `wish:${line.id}`),
    { key: `wish:${line.id}`, kind: "set", item_id: line.id, quantity },
  ];
  clearTimeout(step.timer);
  if (!step.sending) step.timer = setTimeout(() => sendStep(line, step), STEP_MS);
}

async function sendStep(line, step) {
  const quantity = step.wish;
  const what = line.product.name;
  step.sending = true;
  const answer = await tryTo(
    "cart.set_quantity",
    { item_id: line.id, quantity },
    { kind: "set", item_id: line.id, quantity },
    what,
  );
  step.sending = false;
  if (answer && step.wish !== quantity) return sendStep(line, step);
  drop(`wish:${line.id}`);
}

export async function remove(line) {
  drop(`wish:${line.id}`);
  clearTimeout(steps.get(line.id)?.timer);
  const again = present(cart.peek()).items.find((item) => item.id === line.id) ?? line;
  const answer = await tryTo(
    "cart.remove",
    { item_id: line.id },
    { kind: "remove", item_id: line.id },
    again.product.name,
  );
  if (!answer) return;
  toast(t("cart.removed", { name: again.product.name }), { action: { label: t("undo"), run: () => putBack(again) } });
}

function putBack(line) {
  const variant = line.variant?.id ? { variant_id: line.variant.id } : {};
  const fields = { product_id: line.product.id, ...variant, quantity: line.quantity, ...inSession() };
  return tryTo(
    "cart.add",
    fields,
    { kind: "add", barcode: line.product.barcode, name: line.product.name, quantity: line.quantity },
    line.product.name,
  );
}

export const restore = () => tryTo("cart.restore", {}, { kind: "restore" }, t("restore.what"));
