/**
 * Where somebody stands on the way from a full trolley to a receipt. Pure: it is computed from what
 * the server says and from what was asked and not yet answered, so that a reload, a second phone or
 * a lost connection come out at the same place.
 */

/** Payments that nobody has to wait for any more. */
const OVER = ["paid", "declined", "failed", "refunded"];

/** @param {Live.PaymentView | null} payment */
export const unsettled = (payment) => payment != null && !OVER.includes(payment.status);

/**
 * Of a line: so many are there, or none.
 * @typedef {{ available: number, gone?: false, sold_out?: undefined, recalled?: undefined }
 *   | { gone: true, sold_out?: true, recalled?: true, available?: undefined }} Shortage
 */

/**
 * `cart`: CartView. `payment`: PaymentView or null. `asking`: "reserve", "cancel", "voucher", "pay",
 * "confirm" or null. `declined`: {detail} of the last payment of this checkout, or null.
 *
 * Returns "shopping", "late" (the time is over, the bank has not said), "reserving", "leaving",
 * "choosing", "declined" (choosing again), "resuming", "paying" (our word is on its way), "with_provider"
 * (the provider's own page), "action" (the bank asks the shopper), "bank" (we ask the bank), "completing".
 * @param {{ cart: Live.CartView | null, payment: Live.PaymentView | null, asking: string | null,
 *   declined: { detail: string } | null }} known
 */
export function stageOf({ cart, payment, asking, declined }) {
  const held = cart?.checkout;
  if (asking === "cancel") return "leaving";
  if (asking === "reserve" || asking === "voucher") return "reserving";
  if (!held) return payment?.status === "processing" ? "late" : "shopping";
  const mine = payment && payment.payment_id === held.payment_id ? payment : null;
  if (held.status !== "ACTIVE") return mine?.status === "paid" ? "completing" : "reserving";
  if (asking === "pay" || asking === "confirm") return "paying";
  if (!held.payment_id) return declined ? "declined" : "choosing";
  if (!mine) return "resuming";
  if (mine.status === "requires_action") return "action";
  if (mine.status === "processing") return "bank";
  if (mine.status === "paid") return "completing";
  if (mine.status === "pending") return mine.provider === "sandbox" ? "choosing" : "with_provider";
  return "declined";
}

/** Whether the shopper may still turn back: not while money may be on its way. */
export const mayLeave = (/** @type {string} */ stage) =>
  ["choosing", "declined", "with_provider", "resuming"].includes(stage);

/**
 * What stands in the way of a checkout, by line: {item_id: {available}}. `refusal`: the problem of the
 * last checkout. A line that has been changed since to what there is, is no trouble any more.
 * @param {(Problem & { items?: { item_id: string, available: number }[] }) | null} refusal
 * @param {Live.CartView["items"]} items
 */
export function troubles(refusal, items) {
  /** @type {Record<string, Shortage>} */
  const found = {};
  const named = new Map((refusal?.items ?? []).map((one) => [one.item_id, one]));
  for (const item of items) {
    const said = named.get(item.id);
    if (item.recalled?.length) found[item.id] = { gone: true, recalled: true };
    else if (item.available === false) found[item.id] = { gone: true };
    else if (said && refusal?.code === "items_unavailable") found[item.id] = { gone: true };
    else if (said && refusal?.code === "insufficient_stock" && item.quantity > said.available) {
      found[item.id] = said.available > 0 ? { available: said.available } : { gone: true, sold_out: true };
    }
  }
  return found;
}

/**
 * m:ss, rounded up to the second, so that 0:00 is when it is over.
 * @param {number} seconds
 */
export function minutes(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const SPOKEN_S = [240, 180, 120, 60, 30, 10];

/**
 * The mark that a countdown has last passed, to be said aloud once; null before the first.
 * @param {number} seconds
 */
export const passed = (seconds) => SPOKEN_S.findLast((mark) => seconds <= mark) ?? null;
