/**
 * State from a snapshot and the events after it, one pure function a topic, and what the page
 * shows while commands are on their way. An event that is not listed throws: the socket then
 * asks for a fresh snapshot rather than show something stale.
 */
export class UnknownEvent extends Error {}

const put = (list, key, one) => {
  const at = list.findIndex((other) => other[key] === one[key]);
  return at < 0 ? [...list, one] : list.with(at, one);
};
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
];

function totalled(cart, data, changes) {
  const totals = Object.fromEntries(TOTALS.filter((name) => name in data).map((name) => [name, data[name]]));
  const next = { ...cart, ...totals, ...changes };
  next.has_unavailable_items = next.items.some((item) => item.available === false);
  return next;
}

const thawed = (cart, data) => ({ items: data.cleared ? [] : cart.items, saved: data.saved ?? null });

const CART = {
  ItemAdded: (cart, data) => ({ items: put(cart.items, "id", data.item) }),
  QuantityChanged: (cart, data) => ({ items: put(cart.items, "id", data.item) }),
  ItemRemoved: (cart, data) => ({ items: without(cart.items, "id", data.item_id) }),
  CartCleared: () => ({ items: [] }),
  LinesRestored: (cart, data) => ({
    items: data.items.reduce((list, item) => put(list, "id", item), cart.items),
    saved: null,
  }),
  LinesRepriced: (cart, data) => ({ items: data.items.reduce((list, item) => put(list, "id", item), cart.items) }),
  VouchersChanged: (cart, data) => ({ items: data.items.reduce((list, item) => put(list, "id", item), cart.items) }),
  SessionAttached: (cart, { session_id, trolley_id }) => ({
    sessions: put(cart.sessions ?? [], "session_id", { session_id, trolley_id }),
  }),
  SessionDetached: (cart, data) => ({
    items: data.cleared === false ? cart.items : [],
    saved: data.saved ?? null,
    sessions: without(cart.sessions ?? [], "session_id", data.session_id),
  }),
  CheckoutRequested: () => ({}),
  CheckoutReserved: () => ({}),
  CheckoutCompleted: () => ({}),
  CheckoutReopened: () => ({}),
  CheckoutPaid: () => ({ items: [] }),
  PaymentRequested: () => ({}),
  PaymentDeclined: () => ({}),
  PaymentReturned: () => ({}),
  CheckoutRefused: thawed,
  CheckoutCancelled: thawed,
  CheckoutExpired: thawed,
  ReservationReturned: () => ({}),
  CheckoutVoucherKept: () => ({}),
  VouchersFreed: () => ({}),
  VouchersUsed: () => ({}),
  SessionRefused: () => ({}),
  SessionEndRequested: () => ({}),
};

/** The cart (a CartView) after the event `name`. */
export function foldCart(cart, name, data) {
  if (!Object.hasOwn(CART, name)) throw new UnknownEvent(name);
  return totalled(cart, data, CART[name](cart, data));
}

/** The session topic: every event carries the whole view, or null with the outcome. */
export function foldSession(state, name, data) {
  if (!("session" in data)) throw new UnknownEvent(name);
  return data;
}

/** The branch board: {branch, trolleys, devices, counters}. */
export function foldBranch(board, name, data) {
  if (name === "CartTotalChanged") {
    const { trolley_id, cart_total, cart_units } = data;
    const known = board.trolleys.find((one) => one.trolley_id === trolley_id);
    if (!known) throw new UnknownEvent(`${name} of ${trolley_id}`);
    return { ...board, trolleys: put(board.trolleys, "trolley_id", { ...known, cart_total, cart_units }) };
  }
  if (data.trolley) {
    return {
      ...board,
      trolleys: put(board.trolleys, "trolley_id", data.trolley),
      counters: data.counters ?? board.counters,
    };
  }
  if (data.alarm) {
    const alarms = board.alarms ?? [];
    return {
      ...board,
      alarms:
        name === "AlarmCleared"
          ? without(alarms, "alarm_id", data.alarm.alarm_id)
          : put(alarms, "alarm_id", data.alarm),
    };
  }
  if (data.device) {
    const { device } = data;
    return {
      ...board,
      devices:
        name === "DeviceRetired"
          ? without(board.devices, "device_id", device.device_id)
          : put(board.devices, "device_id", device),
    };
  }
  throw new UnknownEvent(name);
}

/** The chain overview: {chain, branches: [{code, name, counters}]}. */
export function foldChain(state, name, data) {
  if (name !== "BranchNoted") throw new UnknownEvent(name);
  const known = state.branches.find((one) => one.code === data.code) ?? { name: data.code };
  return { ...state, branches: put(state.branches, "code", { ...known, ...data }) };
}

/**
 * The lines to show: the cart as the server says, with what is on its way marked, never as if
 * it were done. `pending`: [{kind: "add", key, barcode} | {kind: "set", item_id, quantity} |
 * {kind: "remove", item_id} | {kind: "clear"}]. No amount is computed here.
 */
export function overlay(cart, pending) {
  let lines = cart.items.map((item) => ({ ...item, pending: null }));
  for (const one of pending) {
    if (one.kind === "set") {
      lines = lines.map((line) =>
        line.id === one.item_id ? { ...line, quantity: one.quantity, pending: "set" } : line,
      );
    } else if (one.kind === "remove") {
      lines = lines.map((line) => (line.id === one.item_id ? { ...line, pending: "remove" } : line));
    } else if (one.kind === "clear") {
      lines = lines.map((line) => ({ ...line, pending: "remove" }));
    } else if (one.kind === "add") {
      const known = lines.find((line) => line.product?.barcode === one.barcode);
      if (known) lines = lines.map((line) => (line === known ? { ...line, pending: "add" } : line));
      else
        lines = [
          ...lines,
          {
            id: one.key,
            ghost: true,
            barcode: one.barcode,
            name: one.name,
            quantity: one.quantity ?? 1,
            pending: "add",
          },
        ];
    }
  }
  return lines;
}

/** A pending command is settled once the cart we show contains its effect. */
export const settled = (cart, one) => one.revision !== undefined && cart.revision >= one.revision;
