import { test } from "node:test";
import assert from "node:assert/strict";
import { noteServerTime, secondsUntil, serverNow } from "../js/clock.js";
import { dayAndTime, timeOfDay, zone, zoneNote } from "../js/i18n.js";

const off = () => serverNow() - Date.now();
const near = (is, wanted) => assert.ok(Math.abs(is - wanted) < 500, `${is} is not ${wanted}`);

test("a rough clock corrects only what is further off than it may be itself", () => {
  noteServerTime(Date.now() + 60_000);
  near(off(), 60_000);
  noteServerTime(Date.now() + 59_000, 2_000);
  near(off(), 60_000);
  noteServerTime(Date.now() + 20_000, 2_000);
  near(off(), 20_000);
  noteServerTime(NaN);
  near(off(), 20_000);
});

test("a countdown ends at nothing, and of no time there is none", () => {
  assert.equal(secondsUntil("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:04Z")), 6);
  assert.equal(secondsUntil("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:14Z")), 0);
  assert.equal(secondsUntil(null), 0);
});

test("a time is told by the clock of the place that it is about, and a reader from elsewhere is told so", () => {
  const at = "2026-11-29T13:59:00Z";
  const there = "Asia/Kolkata";
  assert.equal(timeOfDay(at, there), "07:29 PM");
  assert.match(dayAndTime(at, there), /7:29/);
  zone.value = there;
  assert.equal(timeOfDay(at), "07:29 PM");
  assert.equal(zoneNote(there, at), zoneNote("Asia/Colombo", at));
  zone.value = undefined;
  assert.equal(zoneNote(Intl.DateTimeFormat().resolvedOptions().timeZone, at), "");
});
