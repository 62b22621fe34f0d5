/**
 * State from a snapshot and the events after it, one pure function a topic, and what the page
 * shows while commands are on their way. An event that is not listed throws: the socket then
 * asks for a fresh snapshot rather than show something stale.
 */

/**
 * The state after each event of a topic: none may be missing, and there is no other.
 * @template State, Events
 * @typedef {{ [Name in keyof Events]: (state: State, data: Events[Name]) => State }} Folds
 */

/** @typedef {Live.SessionSnapshot & { outcome?: string }} Session */

/**
 * The state of a topic after one of its events.
 * @template State
 * @typedef {(state: State, name: string, data: any) => State} Fold
 */

export class UnknownEvent extends Error {}

/**
 * @template T
 * @param {T[]} list
 * @param {keyof T} key
 * @param {T} one
 */
const put = (list, key, one) => {
  const at = list.findIndex((other) => other[key] === one[key]);
  return at < 0 ? [...list, one] : list.with(at, one);
};
/**
 * @template T
 * @param {T[]} list
 * @param {keyof T} key
 * @param {unknown} value
 */
const without = (list, key, value) => list.filter((one) => one[key] !== value);

const TOTALS = [
  "revision",
  "items_count",
  "total_items",
  "total_price",
  "currency",
  "updated_at",
  "vouchers",
  "checkout",
  "needs",
  "budget_status",
  "budget",
];

/**
 * The cart after an event that changes `changes` beside the totals it carries.
 * @param {Live.CartView} cart
 * @param {Live.TotalsChanged} data
 * @param {Partial<Live.CartView>} changes
 */
function totalled(cart, data, changes) {
  const totals = Object.fromEntries(Object.entries(data).filter(([name]) => TOTALS.includes(name)));
  const next = { ...cart, ...totals, ...changes };
  next.has_unavailable_items = next.items.some((item) => item.available === false);
  return next;
}

/** @type {(cart: Live.CartView, data: Live.TotalsChanged) => Live.CartView} */
const nothingElse = (cart, data) => totalled(cart, data, {});
/** @type {(cart: Live.CartView, data: Live.ItemAdded) => Live.CartView} */
const withItem = (cart, data) => totalled(cart, data, { items: put(cart.items, "id", data.item) });
/** @type {(cart: Live.CartView, data: { items: Live.CartView["items"] } & Live.TotalsChanged) => Live.CartView} */
const withItems = (cart, data) =>
  totalled(cart, data, { items: data.items.reduce((list, item) => put(list, "id", item), cart.items) });
/** @type {(cart: Live.CartView, data: Live.CheckoutExpired) => Live.CartView} */
const thawed = (cart, data) =>
  totalled(cart, data, { items: data.cleared ? [] : cart.items, saved: data.saved ?? null });

/** @type {Folds<Live.CartView, Live.CartEvents>} */
const CART = {
  TotalsChanged: nothingElse,
  ItemAdded: withItem,
  QuantityChanged: withItem,
  ItemRemoved: (cart, data) => totalled(cart, data, { items: without(cart.items, "id", data.item_id) }),
  CartCleared: (cart, data) => totalled(cart, data, { items: [] }),
  LinesRestored: (cart, data) => ({ ...withItems(cart, data), saved: null }),
  LinesRepriced: withItems,
  VouchersChanged: withItems,
  BudgetChanged: nothingElse,
  BudgetAlerted: nothingElse,
  SessionAttached(cart, data) {
    const { session_id, trolley_id } = data;
    return totalled(cart, data, { sessions: put(cart.sessions, "session_id", { session_id, trolley_id }) });
  },
  SessionDetached: (cart, data) =>
    totalled(cart, data, {
      items: data.cleared ? [] : cart.items,
      saved: data.saved,
      sessions: without(cart.sessions, "session_id", data.session_id),
    }),
  CheckoutRequested: nothingElse,
  CheckoutReserved: nothingElse,
  CheckoutRefused: thawed,
  CheckoutCancelled: thawed,
  CheckoutExpired: thawed,
  CheckoutCompleted: nothingElse,
  PaymentRequested: nothingElse,
  PaymentDeclined: nothingElse,
  CheckoutReopened: nothingElse,
  CheckoutPaid: (cart, data) => totalled(cart, data, { items: [], needs: [] }),
  PaymentReturned: nothingElse,
  NeedsChanged: withItems,
  FootprintChanged: (cart, { sustainability_score, carbon_kg }) => ({ ...cart, sustainability_score, carbon_kg }),
  RecommendationsChanged: (cart) => cart,
};

/** Events of the cart that have no number of their own. */
export const CART_BESIDE = new Set(["FootprintChanged", "RecommendationsChanged"]);

/** Every event of a session carries the whole of it. @type {(state: Session, data: Session) => Session} */
const asItIs = (_, data) => data;

/** @type {Folds<Session, Live.SessionEvents>} */
const SESSION = {
  SessionChanged: asItIs,
  TrolleyAssigned: asItIs,
  SessionResumed: asItIs,
  SessionEnded: asItIs,
  SessionExpired: asItIs,
  LockOpened: asItIs,
  LockClosed: asItIs,
  LockFailed: asItIs,
  TrolleyLeft: asItIs,
  TrolleyReturned: asItIs,
};

/** @type {(board: Live.BranchSnapshot, data: Live.TrolleyChanged) => Live.BranchSnapshot} */
const withTrolley = (board, { trolley, counters }) => ({
  ...board,
  trolleys: put(board.trolleys, "trolley_id", trolley),
  counters,
});
/** @type {(board: Live.BranchSnapshot, data: Live.DeviceChanged) => Live.BranchSnapshot} */
const withDevice = (board, { device, counters }) => ({
  ...board,
  devices: put(board.devices, "device_id", device),
  counters,
});
/** @type {(board: Live.BranchSnapshot, data: Live.AlarmAcknowledged) => Live.BranchSnapshot} */
const withAlarm = (board, { alarm }) => ({ ...board, alarms: put(board.alarms, "alarm_id", alarm) });

/** @type {Folds<Live.BranchSnapshot, Live.BranchEvents>} */
const BRANCH = {
  TrolleyChanged: withTrolley,
  TrolleyAssigned: withTrolley,
  SessionResumed: withTrolley,
  SessionEnded: withTrolley,
  SessionExpired: withTrolley,
  UnlockRequested: withTrolley,
  StaffHoldEnded: withTrolley,
  LockOpened: withTrolley,
  LockClosed: withTrolley,
  LockFailed: withTrolley,
  TrolleyLeft: withTrolley,
  TrolleyReturned: withTrolley,
  TrolleyPlaced: withTrolley,
  MaintenanceStarted: withTrolley,
  MaintenanceEnded: withTrolley,
  TrolleyMissing: withTrolley,
  TrolleyFound: withTrolley,
  RentalClosed: withTrolley,
  CartTotalChanged(board, { trolley_id, cart_total, cart_units }) {
    const known = board.trolleys.find((one) => one.trolley_id === trolley_id);
    if (!known) throw new UnknownEvent(`CartTotalChanged of ${trolley_id}`);
    return { ...board, trolleys: put(board.trolleys, "trolley_id", { ...known, cart_total, cart_units }) };
  },
  BranchChanged: (board, { branch, gone, counters }) => ({
    ...board,
    branch,
    counters,
    trolleys: board.trolleys.filter((one) => !gone.includes(one.trolley_id)),
  }),
  DeviceChanged: withDevice,
  DeviceConnected: withDevice,
  DeviceDisconnected: withDevice,
  DeviceRetired: (board, { device, counters }) => ({
    ...board,
    counters,
    devices: without(board.devices, "device_id", device.device_id),
  }),
  AlarmRaised: withAlarm,
  AlarmAcknowledged: withAlarm,
  AlarmReleased: withAlarm,
  AlarmSnoozed: withAlarm,
  AlarmCleared: (board, { alarm }) => ({ ...board, alarms: without(board.alarms, "alarm_id", alarm.alarm_id) }),
};

/** @type {Folds<Live.ChainSnapshot, Live.ChainEvents>} */
const CHAIN = {
  BranchNoted(chain, { code, counters }) {
    const known = chain.branches.find((one) => one.code === code) ?? { code, name: code };
    return { ...chain, branches: put(chain.branches, "code", { ...known, counters }) };
  },
};

/** What each event of a topic makes of its state; a test keeps the names those of docs/asyncapi.json. */
export const FOLDS = { cart: CART, session: SESSION, branch: BRANCH, chain: CHAIN };

/**
 * @template State
 * @param {Record<string, (state: State, data: any) => State>} folds
 * @param {State} state
 * @param {string} name
 * @param {any} data
 */
function fold(folds, state, name, data) {
  if (!Object.hasOwn(folds, name)) throw new UnknownEvent(name);
  return folds[name](state, data);
}

/** The cart after the event `name`. @type {Fold<Live.CartView>} */
export const foldCart = (cart, name, data) => fold(CART, cart, name, data);
/** The session topic, {session} and how it ended, after the event. @type {Fold<Session>} */
export const foldSession = (state, name, data) => fold(SESSION, state, name, data);
/** The branch board after the event. @type {Fold<Live.BranchSnapshot>} */
export const foldBranch = (board, name, data) => fold(BRANCH, board, name, data);
/** The chain overview after the event. @type {Fold<Live.ChainSnapshot>} */
export const foldChain = (chain, name, data) => fold(CHAIN, chain, name, data);

/**
 * A command on its way; `kind`: "add" (of `barcode`), "set" or "remove" (of `item_id`), or "clear".
 * @typedef {{ kind: string, key?: string, barcode?: string, name?: string, item_id?: string,
 *   quantity?: number, revision?: number }} Pending
 * @typedef {Live.CartView["items"][number]} Item
 * A line as it is shown: the server's, or one that is being added (`ghost`) of which only the barcode is known.
 * @typedef {Item & { pending: string | null, ghost?: false } |
 *   { id: string, ghost: true, barcode?: string, name?: string, quantity: number, pending: string }} Shown
 */

/**
 * The lines to show: the cart as the server says, with what is on its way marked, never as if
 * it were done. No amount is computed here.
 * @param {Live.CartView} cart
 * @param {Pending[]} pending
 */
export function overlay(cart, pending) {
  /** @type {Shown[]} */
  let lines = cart.items.map((item) => ({ ...item, pending: null }));
  /** @type {(which: (line: Shown) => boolean, change: { pending: string, quantity?: number }) => void} */
  const mark = (which, change) => {
    lines = lines.map((line) => (which(line) ? /** @type {Shown} */ ({ ...line, ...change }) : line));
  };
  for (const one of pending) {
    const { kind, key = "", barcode, name, item_id, quantity = 1 } = one;
    if (kind === "set") mark((line) => line.id === item_id, { quantity, pending: "set" });
    else if (kind === "remove") mark((line) => line.id === item_id, { pending: "remove" });
    else if (kind === "clear") mark(() => true, { pending: "remove" });
    else if (kind === "add") {
      const known = lines.find((line) => !line.ghost && line.product?.barcode === barcode);
      if (known) mark((line) => line === known, { pending: "add" });
      else lines = [...lines, { id: key, ghost: true, barcode, name, quantity, pending: "add" }];
    }
  }
  return lines;
}

/**
 * A pending command is settled once the cart we show contains its effect.
 * @param {Live.CartView} cart
 * @param {Pending} one
 */
export const settled = (cart, one) => one.revision !== undefined && cart.revision >= one.revision;
