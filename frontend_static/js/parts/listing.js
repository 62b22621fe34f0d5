/** Lists that are read on as far as somebody wants: the first page, and then only what follows. */
import { useEffect, useRef, useSignal } from "../ui.js";
import { auth } from "../api.js";
import { signInUrl } from "../next.js";

const SOON_MS = 200;

/**
 * What is read of a list: `next` is the address of what follows, null at the end.
 * @typedef {{ count: number, next: string | null, rows: any[] }} Read
 */

/**
 * What tells a row from the others; undefined of one that has nothing of the kind.
 * @param {any} row
 */
export const idOf = (row) => row?.id ?? row?.sku ?? row?.line;

/**
 * The list after its first page was read again: what came meanwhile is in front, what was read further down stays.
 * @param {Read | null} known
 * @param {Page<any>} fresh
 * @returns {Read}
 */
export function readAgain(known, { count, next, results }) {
  const seam = results.length ? idOf(results.at(-1)) : undefined;
  const place = known && seam !== undefined ? known.rows.findIndex((one) => idOf(one) === seam) : -1;
  const below = known && place >= 0 ? known.rows.slice(place + 1) : [];
  return { count, next: below.length && known ? known.next : next, rows: [...results, ...below] };
}

/**
 * The list with what follows; a row that moved down meanwhile is not shown twice.
 * @param {Read} known
 * @param {Page<any>} following
 * @returns {Read}
 */
export function readOn(known, { count, next, results }) {
  const ids = new Set(known.rows.map(idOf));
  ids.delete(undefined);
  return { count, next, rows: [...known.rows, ...results.filter((one) => !ids.has(idOf(one)))] };
}

/**
 * `rows` is null until something was read. `more` is null at the end. `put` shows a row as it is now.
 * @typedef {{ rows: any[] | null, count: number, problem: Problem | null, busy: boolean, more: (() => void) | null,
 *   again: () => void, put: (row: any) => void }} Listing
 */

/**
 * The list at a path of the API; with another path it begins anew, a moment later, for somebody may be typing.
 * `everyMs`: how often its first page is read again while the page is seen.
 * @param {string} path
 * @param {{ everyMs?: number }} [options]
 * @returns {Listing}
 */
export function useListing(path, { everyMs } = {}) {
  const [read, problem, busy] = [
    useSignal(/** @type {Read | null} */ (null)),
    useSignal(/** @type {Problem | null} */ (null)),
    useSignal(false),
  ];
  const turn = useRef(0);
  const ask = async (/** @type {string} */ at, /** @type {(answer: Page<any>) => Read} */ take) => {
    const mine = ++turn.current;
    busy.value = true;
    try {
      const answer = await auth.call("GET", at);
      if (mine !== turn.current) return; // a slower answer to what was asked before
      read.value = take(answer);
      problem.value = null;
    } catch (refused) {
      if (refused.code === "signed_out") return location.replace(signInUrl());
      if (mine === turn.current) problem.value = refused;
    } finally {
      if (mine === turn.current) busy.value = false;
    }
  };
  const again = () => ask(path, (answer) => readAgain(read.peek(), answer));
  useEffect(() => {
    const soon = setTimeout(() => ask(path, (answer) => readAgain(null, answer)), read.peek() ? SOON_MS : 0);
    const look = () => document.hidden || busy.peek() || again();
    const timer = everyMs && setInterval(look, everyMs);
    return () => {
      turn.current += 1;
      busy.value = false;
      clearTimeout(soon);
      if (timer) clearInterval(timer);
    };
  }, [path]);
  const { rows = null, count = 0, next = null } = read.value ?? {};
  const more = () => {
    const known = read.peek();
    if (!known?.next) return;
    const { pathname, search } = new URL(known.next, location.origin);
    ask(pathname + search, (answer) => readOn(known, answer));
  };
  return {
    rows,
    count,
    problem: problem.value,
    busy: busy.value,
    more: next ? more : null,
    again,
    put: (row) => {
      const known = read.peek();
      if (known) read.value = { ...known, rows: known.rows.map((one) => (idOf(one) === idOf(row) ? row : one)) };
    },
  };
}
