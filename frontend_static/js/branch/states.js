/** What a trolley is, for people: one state out of many facts. Pure; the tests read it as a table. */

/**
 * `unheard`: what is told of its lock is as old as the last word of its slot.
 * @typedef {Live.TrolleyView & { unheard?: boolean }} Trolley
 * @typedef {Omit<Live.BranchSnapshot, "trolleys"> & { trolleys: Trolley[] }} Board
 * @typedef {"fault" | "stray" | "claiming" | "held" | "available" | "unreachable" | "missing" | "maintenance"
 *   | "inactive"} State
 * A lock: what it was told, what it says, and whether these differ.
 * @typedef {{ desired: string, reported: string, differs: boolean }} Lock
 */

/**
 * In the order of the list: what needs somebody, what is in use, what is not as it should be, and then all others.
 * @type {State[]}
 */
export const STATES = [
  "fault",
  "stray",
  "claiming",
  "held",
  "missing",
  "unreachable",
  "maintenance",
  "available",
  "inactive",
];
/** @type {Set<State>} */
export const ATTENTION = new Set(["fault", "stray"]);

/**
 * The board with what is not heard marked: `unheard` of a trolley in a slot whose Pi is offline or whose lock board
 * does not answer. What is told of its lock is then as old as the last word.
 * @param {Live.BranchSnapshot} board
 * @returns {Board}
 */
export function withUnheard(board) {
  const devices = new Map(board.devices.map((one) => [one.device_id, one]));
  const hears = (/** @type {Live.TrolleyPlace} */ { device_id, slot }) => {
    const device = devices.get(device_id);
    return Boolean(device?.online) && !device?.silent_boards.includes(slot >> 4);
  };
  const marked = (/** @type {Trolley} */ one) => {
    const unheard = one.place !== null && !hears(one.place);
    return unheard === Boolean(one.unheard) ? one : { ...one, unheard };
  };
  return { ...board, trolleys: board.trolleys.map(marked) };
}

/**
 * The one state of a trolley. `stray`: out of its slot without a session, and not in the hands of staff;
 * `unreachable`: nobody hears its lock. A fault of the lock outweighs who holds it: somebody stands there and waits.
 * @param {Trolley} trolley
 * @returns {State}
 */
export function stateOf(trolley) {
  if (!trolley.is_active) return "inactive";
  if (trolley.maintenance) return "maintenance";
  if (trolley.missing) return "missing";
  if (trolley.lock_fault) return "fault";
  if (trolley.phase === "claiming") return "claiming";
  if (trolley.phase === "held") return "held";
  if (trolley.custody === "out") return trolley.staff ? "held" : "stray";
  return trolley.unheard ? "unreachable" : "available";
}

/** @typedef {Exclude<State, "claiming" | "inactive">} Counted */

/**
 * How many trolleys stand as what, each counted once; `total` is their sum, without those no longer in use.
 * @param {Trolley[]} trolleys
 */
export function countersOf(trolleys) {
  /** @type {Record<Counted | "total", number>} */
  const counters = { total: 0, available: 0, held: 0, maintenance: 0, fault: 0, stray: 0, unreachable: 0, missing: 0 };
  for (const trolley of trolleys) {
    const state = stateOf(trolley);
    if (state === "inactive") continue;
    counters[state === "claiming" ? "held" : state] += 1;
    counters.total += 1;
  }
  return counters;
}

/**
 * The lock of a trolley: null without lock hardware.
 * `differs`: told one thing, says another; while the trolley is out its hook says nothing.
 * @param {Trolley} trolley
 * @returns {Lock | null}
 */
export function lockOf(trolley) {
  if (!trolley.place) return null;
  const { desired, reported } = trolley.lock;
  const told = desired === "open" || desired === "closed";
  return { desired, reported, differs: trolley.custody !== "out" && told && desired !== reported };
}

/**
 * Name of who has it: the shopper, or whoever of the staff has it in hand; "" for nobody.
 * @param {Trolley} trolley
 */
export const holderOf = ({ assigned_to, staff }) => assigned_to ?? staff?.name ?? "";

/** @typedef {"open" | "assign" | "end" | "back" | "maintenance" | "in_service" | "missing" | "found"} Action */

/**
 * What staff can order of a trolley as it is now, what is most likely first. A lock is opened only where a trolley
 * hangs on it.
 * @param {Trolley} trolley
 * @returns {Action[]}
 */
export function actionsOf(trolley) {
  if (!trolley.is_active) return [];
  const held = trolley.phase === "held" && trolley.session_id !== null;
  const out = trolley.custody === "out";
  /** @type {[Action, boolean][]} */
  const all = [
    ["found", trolley.missing],
    ["in_service", trolley.maintenance],
    ["open", trolley.place !== null && !out],
    ["back", out && !trolley.missing],
    ["assign", trolley.phase === "available" && !trolley.maintenance && !trolley.missing],
    ["end", held],
    ["maintenance", !trolley.maintenance],
    ["missing", !trolley.missing],
  ];
  return all.filter(([, fits]) => fits).map(([action]) => action);
}

/**
 * Icon of a lock's reported state.
 * @param {{ reported: string }} lock
 */
export function lockIcon({ reported }) {
  if (reported === "open") return "unlocked";
  return reported === "closed" ? "locked" : "unknown";
}

/**
 * Which trolleys are looked for: those that count as `only` (null: all), and whose number, code or holder is `words`.
 * @typedef {{ only: Counted | null, words: string }} Wanted
 */

/**
 * Whether a trolley is looked for. A number is meant as such; letters may be any part of code or name.
 * @param {Trolley} trolley
 * @param {Wanted} wanted
 */
export function isWanted(trolley, { only, words }) {
  const state = stateOf(trolley);
  if (only && (state === "claiming" ? "held" : state) !== only) return false;
  const sought = words.trim().toLocaleLowerCase();
  if (/^\d+$/.test(sought)) return String(trolley.cart_number).startsWith(sought);
  return `${trolley.trolley_id} ${holderOf(trolley)}`.toLocaleLowerCase().includes(sought);
}

/**
 * Trolleys by state: [[state, [trolley...]]...], empty groups left out. Those in use are told by how long they are,
 * the longest first, all others by number.
 * What needs somebody is in `needs` and nowhere else, unless it is looked for: `attention`.
 * @param {Trolley[]} trolleys
 */
export function grouped(trolleys, attention = false) {
  const byNumber = [...trolleys].sort((a, b) => a.cart_number - b.cart_number);
  return STATES.filter((state) => attention || !ATTENTION.has(state))
    .map((state) => /** @type {const} */ ([state, inOrder(state, byNumber)]))
    .filter(([, list]) => list.length);
}

/** @type {(state: State, byNumber: Trolley[]) => Trolley[]} */
function inOrder(state, byNumber) {
  const found = byNumber.filter((one) => stateOf(one) === state);
  if (state !== "held") return found;
  return found.sort((a, b) => (a.since ?? "~").localeCompare(b.since ?? "~"));
}

/**
 * Board and lock of a slot as people count them: locks from 1.
 * @param {number} slot
 */
export const lockPlace = (slot) => ({ board: slot >> 4, lock: (slot & 15) + 1 });

/**
 * The letters of a lock board, as a spreadsheet counts its columns: A for the first, AA after Z.
 * @param {number} board
 * @returns {string}
 */
export const boardLetter = (board) =>
  (board < 26 ? "" : boardLetter(Math.floor(board / 26) - 1)) + String.fromCharCode(65 + (board % 26));

/**
 * What people call a slot: its board's letter and its lock, "A5". Where a branch has several Pis, the place of
 * its Pi among them stands before that, "2A5".
 * @param {{ device_id: string | null, slot: number }} place
 * @param {{ device_id: string }[]} devices of the branch
 */
export const bayOf = ({ device_id, slot }, devices) => `${rowOf({ device_id, slot }, devices)}${lockPlace(slot).lock}`;

/**
 * What people call all slots of a lock board: "A", or "2A" where a branch has several Pis.
 * @param {{ device_id: string | null, slot: number }} place
 * @param {{ device_id: string }[]} devices of the branch
 */
export function rowOf({ device_id, slot }, devices) {
  const place = devices.findIndex((one) => one.device_id === device_id);
  return `${devices.length > 1 && place >= 0 ? place + 1 : ""}${boardLetter(slot >> 4)}`;
}

/** @param {Live.TrolleyPlace} place */
const spot = (place) => `${place.device_id}:${place.slot}`;

/**
 * Split trolleys into those with a place on the plan, [{trolley, slot}], and the rest.
 * @param {{ branch: { floor_plan: any }, trolleys: Trolley[] }} board
 */
export function placed(board) {
  /** @type {import("./geometry.js").Slot[]} */
  const known = board.branch.floor_plan?.slots ?? [];
  const slots = new Map(known.map((slot) => [spot(slot), slot]));
  /** @type {import("./geometry.js").Spot[]} */
  const onPlan = [];
  /** @type {Trolley[]} */
  const others = [];
  for (const trolley of board.trolleys) {
    const slot = trolley.place && slots.get(spot(trolley.place));
    if (slot) onPlan.push({ trolley, slot });
    else others.push(trolley);
  }
  return { onPlan, others };
}
