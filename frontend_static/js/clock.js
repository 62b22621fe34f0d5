/**
 * The server's clock as seen from here. Deadlines come as server times, and a phone's clock
 * may be minutes off; every countdown uses `serverNow`.
 */
let skew = 0;
let known = false;

/**
 * Note that the server's clock said `at` (milliseconds since 1970) just now. `slack`: how far off that
 * may be; it then only corrects what is further off.
 * @param {number} at
 */
export function noteServerTime(at, slack = 0) {
  if (!Number.isFinite(at)) return;
  known = true;
  const next = at - Date.now();
  if (Math.abs(next - skew) > slack) skew = next;
}

/** Whether anything has told the server's time yet. */
export const serverTimeKnown = () => known;

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + skew;

/**
 * Milliseconds since 1970 of an RFC 3339 time, NaN when there is none.
 * @param {string | null | undefined} text
 */
export const parseTime = (text) => (text ? Date.parse(text) : NaN);

/**
 * Seconds from `text` (RFC 3339) until the server's now; 0 when in the future or unknown.
 * @param {string | null | undefined} text
 */
export function secondsSince(text, now = serverNow()) {
  const at = parseTime(text);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.floor((now - at) / 1000));
}

/**
 * Seconds left until `text`; 0 when past or unknown.
 * @param {string | null | undefined} text
 */
export function secondsUntil(text, now = serverNow()) {
  const at = parseTime(text);
  return Number.isNaN(at) ? 0 : Math.max(0, (at - now) / 1000);
}
