/**
 * Keeps the screen on while somebody holds a trolley: a phone that falls asleep goes silent,
 * and a silent session is over after half a minute. Where the browser cannot, nothing happens.
 */
/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;

async function apply() {
  if (!wanted || lock || !navigator.wakeLock || document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => (lock = null));
    if (!wanted) await lock.release();
  } catch (error) {
    console.info("wake lock:", error.name); // low battery, or forbidden by the device
  }
}
document.addEventListener("visibilitychange", apply);

/**
 * Keep the screen on from now on, or let it sleep again.
 * @param {boolean} on
 */
export function keepAwake(on) {
  wanted = on;
  if (on) return apply();
  return lock?.release();
}
