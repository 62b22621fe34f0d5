/** What passes on a bus, for eyes: bounded, timed, filtered, summed up, in words. Pure. */

/**
 * A frame that is kept: numbered, `us` its time in microseconds since 1970, `gap` those since the one before.
 * @typedef {Live.Frame & { key: number, us: number, gap: number | null }} Kept
 */

/** Frames kept; the oldest go first. */
export const KEPT = 1000;

/**
 * Microseconds since 1970 of an RFC 3339 text; Date knows no more than milliseconds.
 * @param {string} text
 */
export function micros(text) {
  const [, whole, fraction = "", zone] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  return Date.parse(whole + zone) * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

/**
 * The list with new frames behind it.
 * @param {Kept[]} list
 * @param {Live.Frame[]} incoming
 * @returns {Kept[]}
 */
export function append(list, incoming) {
  let last = /** @type {Kept | undefined} */ (list.at(-1));
  const fresh = incoming.map((frame) => {
    const us = micros(frame.at);
    last = { ...frame, us, gap: last ? us - last.us : null, key: (last?.key ?? 0) + 1 };
    return last;
  });
  return [...list, ...fresh].slice(-KEPT);
}

/** @typedef {{ board?: number | null, faults?: boolean }} Filter */

/**
 * `board` null: of all boards; what belongs to none is shown with each.
 * @param {Live.Frame} frame
 * @param {Filter} filter
 */
export const fits = (frame, { board = null, faults = false }) =>
  (board === null || frame.board === board || (frame.board ?? null) === null) && (!faults || frame.fault);

/**
 * What has passed of one board; `waited` in microseconds, `asked` when the request without an answer went out.
 * @typedef {{ board: number, requests: number, faults: number, answered: number, waited: number,
 *   asked: number | null }} Counted
 */

/**
 * By board, in order: {board, requests, faults, rate (a second), answer (ms from request to answer, mean)}.
 * @param {Kept[]} list
 */
export function tally(list) {
  /** @type {Map<number, Counted>} */
  const found = new Map();
  const span = list.length > 1 ? (list[list.length - 1].us - list[0].us) / 1e6 : 0;
  for (const frame of list) {
    const board = frame.board ?? null;
    if (board === null) continue;
    const one = found.get(board) ?? {
      board,
      requests: 0,
      faults: 0,
      answered: 0,
      waited: 0,
      asked: null,
    };
    found.set(board, one);
    if (frame.fault) one.faults += 1;
    if (frame.dir === "out") {
      one.requests += 1;
      one.asked = frame.us;
    } else if (!frame.fault && one.asked !== null) {
      one.answered += 1;
      one.waited += frame.us - one.asked;
      one.asked = null;
    }
  }
  const sum = (/** @type {Counted} */ { board, requests, faults, answered, waited }) => ({
    board,
    requests,
    faults,
    rate: span ? requests / span : null,
    answer: answered ? waited / answered / 1000 : null,
  });
  return [...found.values()].sort((a, b) => a.board - b.board).map(sum);
}

/** @type {[RegExp, string][]} */
const MEANINGS = [
  [/^status of board (?<board>\d+)\?$/, "status"],
  [/^unlock lock (?<lock>\d+) of board (?<board>\d+)$/, "unlock"],
  [/^no answer$/, "none"],
  [/^broken off$/, "broken"],
  [/^out of turn$/, "noise"],
  [/^board (?<board>\d+): hooks (?<hooks>[01]+), sensors (?<sensors>[01]+)$/, "state"],
  [/^board (?<board>\d+): acknowledged$/, "ack"],
  [/^checksum: /, "checksum"],
  [/^garbage: /, "garbage"],
];

/**
 * What the Pi said of a frame: {key, vars} of a sentence of ours, or null when we have none.
 * @param {string} meaning
 */
export function sentenceOf(meaning) {
  for (const [pattern, key] of MEANINGS) {
    const hit = pattern.exec(meaning);
    if (!hit) continue;
    /** @type {Record<string, any>} */
    const vars = { ...hit.groups };
    // People count locks from 1.
    if (vars.lock !== undefined) vars.lock = Number(vars.lock) + 1;
    return { key, vars };
  }
  return null;
}

/**
 * Numbers as people write them, from 1: [1, 2, 3, 7] is "1–3, 7".
 * @param {number[]} numbers
 */
export function ranges(numbers) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const n of numbers) {
    const run = runs.at(-1);
    if (run && run[1] === n - 1) run[1] = n;
    else runs.push([n, n]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(", ");
}

/**
 * Which locks of a board are open, from 1, by its hook bits (channel 0 last). `locks`: the wired ones; null: all.
 * @param {string} hooks
 * @param {boolean} inverted
 * @param {Set<number> | null} locks
 */
export function openLocks(hooks, inverted, locks = null) {
  const open = inverted ? "1" : "0";
  const numbers = [...hooks]
    .reverse()
    .map((bit, lock) => /** @type {[number, string]} */ ([lock, bit]))
    .filter(([lock, bit]) => bit === open && (!locks || locks.has(lock)));
  return numbers.map(([lock]) => lock + 1);
}

/** The frames as text, a line each, for a mail to the maker of the boards. */
export const asText = (/** @type {Live.Frame[]} */ list) =>
  list
    .map((frame) => [frame.at, frame.board ?? "", frame.dir === "out" ? ">" : "<", frame.hex, frame.meaning].join("\t"))
    .join("\n");

/**
 * The buses of a device, as the agent counts them: [{bus, port}].
 * @param {{ controllers: { port: string }[], status?: { health: import("./health.js").Telemetry } }} device
 */
export function busesOf(device) {
  const told = device.status?.health?.buses ?? [];
  const ports = told.length ? told.map((one) => one.port) : [...new Set(device.controllers.map((one) => one.port))];
  return (ports.length ? ports : [""]).map((port, bus) => ({ bus, port }));
}
