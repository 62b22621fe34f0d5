import { test } from "node:test";
import assert from "node:assert/strict";
import { aroundBays, bayName, needsCloseUp, pitch, standing, toScreen } from "../js/branch/geometry.js";
import { byUrgency, candidates, needs } from "../js/branch/needs.js";
import { follow, ORDERED, resumed, taken } from "../js/branch/openings.js";
import {
  actionsOf,
  bayOf,
  countersOf,
  grouped,
  isWanted,
  lockIcon,
  lockOf,
  placed,
  stateOf,
  withUnheard,
} from "../js/branch/states.js";

const trolley = (more = {}) => ({
  trolley_id: "T1",
  cart_number: 1,
  phase: "available",
  custody: "docked",
  is_active: true,
  maintenance: false,
  lock_fault: "",
  lock: { desired: "closed", reported: "closed", at: null },
  place: { device_id: "d", slot: 3 },
  ...more,
});

const TABLE = [
  ["free in its slot", {}, "available"],
  ["without lock hardware", { custody: "unknown", place: null }, "available"],
  ["held", { phase: "held", custody: "out" }, "held"],
  ["being claimed", { phase: "claiming" }, "claiming"],
  ["out without a session", { custody: "out" }, "stray"],
  ["out in the hands of staff", { custody: "out", staff: { name: "mia", until: "" } }, "held"],
  ["in a slot of which nothing is heard", { unheard: true }, "unreachable"],
  ["held, though nothing is heard of its slot", { phase: "held", unheard: true }, "held"],
  ["missing, whatever its lock says", { missing: true, lock_fault: "not_opened" }, "missing"],
  ["a lock that failed, though somebody holds it", { phase: "held", lock_fault: "not_opened" }, "fault"],
  ["in maintenance, whatever its lock says", { maintenance: true, lock_fault: "bus_error" }, "maintenance"],
  ["out of service, whatever else", { is_active: false, maintenance: true, phase: "held" }, "inactive"],
];

for (const [what, facts, state] of TABLE) {
  test(`a trolley that is ${what} shows as ${state}`, () => assert.equal(stateOf(trolley(facts)), state));
}

test("a lock that has not done what it was told differs; an absent trolley's hook says nothing", () => {
  const lock = { desired: "open", reported: "closed", at: null };
  assert.equal(lockOf(trolley({ lock })).differs, true);
  assert.equal(lockOf(trolley({ lock, custody: "out" })).differs, false);
  assert.equal(lockOf(trolley()).differs, false);
  assert.equal(lockOf(trolley({ place: null })), null);
});

test("a lock shows what was reported, never what was wished", () => {
  assert.equal(lockIcon({ desired: "open", reported: "closed" }), "locked");
  assert.equal(lockIcon({ desired: "closed", reported: "open" }), "unlocked");
  assert.equal(lockIcon({ desired: "closed", reported: "unknown" }), "unknown");
});

test("the list has each group by number, and nothing that needs somebody: that has its own place", () => {
  const list = [
    trolley({ trolley_id: "c", cart_number: 3 }),
    trolley({ trolley_id: "a", cart_number: 1 }),
    trolley({ trolley_id: "h", cart_number: 5, phase: "held" }),
    trolley({ trolley_id: "s", cart_number: 9, custody: "out" }),
    trolley({ trolley_id: "f", cart_number: 7, lock_fault: "expired" }),
    trolley({ trolley_id: "m", cart_number: 2, maintenance: true }),
  ];
  assert.deepEqual(
    grouped(list).map(([state, group]) => [state, group.map((one) => one.trolley_id)]),
    [
      ["held", ["h"]],
      ["maintenance", ["m"]],
      ["available", ["a", "c"]],
    ],
  );
});

const alarm = (alarm_id, kind, severity, more = {}) => ({
  alarm_id,
  kind,
  severity,
  raised_at: "2",
  assignee: null,
  trolley_id: null,
  ...more,
});

test("what needs somebody is one list: alarms, and trolleys in trouble of which none speaks", () => {
  const trolleys = [
    trolley({ trolley_id: "f", lock_fault: "expired" }),
    trolley({ trolley_id: "s", custody: "out" }),
    trolley({ trolley_id: "free" }),
  ];
  const keys = (alarms) => needs({ trolleys, alarms }).map((one) => one.key);
  assert.deepEqual(keys([]), ["trolley/f", "trolley/s"]);
  assert.deepEqual(keys([alarm("a", "lock_failed", "major", { trolley_id: "f" })]), ["a", "trolley/s"]);
  assert.deepEqual(
    keys([alarm("h", "help_wanted", "minor", { trolley_id: "s" }), alarm("p", "device_offline", "critical")]),
    ["h", "p", "trolley/f", "trolley/s"],
  );
  assert.deepEqual(keys([alarm("p", "device_offline", "critical"), alarm("n", "age_check", "major")]).slice(0, 2), [
    "n",
    "p",
  ]);
  assert.deepEqual(keys([alarm("t", "stray", "critical", { trolley_id: "s", assignee: "mia" })]), ["trolley/f", "t"]);
  assert.deepEqual(needs({ trolleys: [] }), []);
});

test("for a slot that does not know its trolley, those that nobody holds any more come first", () => {
  const out = (trolley_id, cart_number, assigned_to = null) =>
    trolley({ trolley_id, cart_number, custody: "out", assigned_to });
  assert.deepEqual(
    candidates([out("a", 1, "mia"), out("b", 4), trolley({ trolley_id: "in" }), out("c", 2)]).map(
      (one) => one.trolley_id,
    ),
    ["c", "b", "a"],
  );
});

test("only trolleys whose slot is on the plan are drawn on it", () => {
  const board = {
    branch: { floor_plan: { slots: [{ device_id: "d", slot: 3, x: 1, y: 1 }] } },
    trolleys: [
      trolley(),
      trolley({ trolley_id: "T2", place: { device_id: "d", slot: 4 } }),
      trolley({ trolley_id: "T3", place: null }),
    ],
  };
  const { onPlan, others } = placed(board);
  assert.deepEqual(
    onPlan.map((one) => one.trolley.trolley_id),
    ["T1"],
  );
  assert.deepEqual(
    others.map((one) => one.trolley_id),
    ["T2", "T3"],
  );
  assert.equal(placed({ branch: { floor_plan: null }, trolleys: [trolley()] }).others.length, 1);
});

test("the plan's lower left corner is the screen's, and what is pulled upward goes up", () => {
  const plan = toScreen({
    width_m: 10,
    height_m: 8,
    zones: [{ name: "z", x: 1, y: 1, w: 2, h: 3 }],
    slots: [{ x: 2, y: 1, angle: 90 }],
  });
  assert.deepEqual([plan.zones[0].y, plan.slots[0].y, plan.slots[0].angle], [4, 7, -90]);
  const inside = standing({ trolley: trolley(), slot: plan.slots[0] }, 1);
  const outside = standing({ trolley: trolley({ custody: "out" }), slot: plan.slots[0] }, 1);
  assert.ok(outside.y < inside.y && inside.y < 7);
});

test("bays are drawn as large as the closest two allow", () => {
  assert.equal(
    pitch([
      { x: 0, y: 0 },
      { x: 0.8, y: 0 },
      { x: 5, y: 0 },
    ]),
    0.8,
  );
  assert.equal(pitch([{ x: 0, y: 0 }]), 1.2);
});

test("bays that are a small part of the floor get a close-up that holds trolleys pulled out of them", () => {
  const slots = [
    { x: 4, y: 4, angle: 90 },
    { x: 8, y: 4, angle: 90 },
  ];
  const [x, y, w, h] = aroundBays({ slots });
  assert.ok(x < 3.7 && x + w > 8.3 && y < 3.3 && y + h > 5.3);
  assert.equal(needsCloseUp({ width_m: 42, slots }), true);
  assert.equal(needsCloseUp({ width_m: 7, slots }), false);
});

test("a holder's name in a bay is split at its joint before it is cut", () => {
  assert.deepEqual(bayName("shopper2"), ["shopper2"]);
  assert.deepEqual(bayName("visitor-vikram"), ["visitor-", "vikram"]);
  assert.deepEqual(bayName("dana.cohen-levi"), ["dana.", "cohen-l…"]);
  assert.deepEqual(bayName("alexandria"), ["alexand…"]);
});

test("what nobody sees to comes first, then the worst, then the oldest", () => {
  const one = (alarm_id, severity, raised_at, assignee = null) => ({ alarm_id, severity, raised_at, assignee });
  const list = [
    one("old", "minor", "1"),
    one("taken", "critical", "0", "mia"),
    one("bad", "critical", "3"),
    one("new", "minor", "2"),
  ];
  assert.deepEqual(
    byUrgency(list).map((each) => each.alarm_id),
    ["bad", "old", "new", "taken"],
  );
});

test("what is not heard is marked: a Pi that is offline or gone, a board that does not answer", () => {
  const device = (more) => ({ device_id: "d", online: true, silent_boards: [], ...more });
  const seen = (devices) => withUnheard({ trolleys: [trolley()], devices }).trolleys[0].unheard;
  assert.ok(!seen([device({})]));
  assert.ok(!seen([device({ silent_boards: [1] })]), "another board");
  assert.equal(seen([device({ silent_boards: [0] })]), true);
  assert.equal(seen([device({ online: false })]), true);
  assert.equal(seen([]), true);
  assert.ok(!withUnheard({ trolleys: [trolley({ place: null })], devices: [] }).trolleys[0].unheard);
});

test("the counters sum to all that are in use, and each is as long as its group of the list", () => {
  const trolleys = TABLE.map(([, facts], place) => trolley({ ...facts, trolley_id: `T${place}`, cart_number: place }));
  const { total, ...each } = countersOf(trolleys);
  assert.equal(total, trolleys.filter((one) => one.is_active).length);
  assert.equal(
    Object.values(each).reduce((sum, n) => sum + n),
    total,
  );
  for (const [state, list] of grouped(trolleys)) {
    if (state in each && state !== "held") assert.equal(each[state], list.length, state);
  }
});

const raised = (kind, more = {}) => ({
  alarm_id: `${kind}${more.slot ?? ""}`,
  kind,
  severity: "major",
  device_id: "d",
  slot: null,
  trolley_id: null,
  raised_at: "2026-01-01T00:00:00Z",
  assignee: null,
  snoozed_until: null,
  ...more,
});

test("one cause is one alarm: what hangs on a silent board or Pi is folded under it", () => {
  const alarms = [
    raised("bus_fault", { slot: 16 }),
    raised("lock_failed", { slot: 18, trolley_id: "T9" }),
    raised("slot_unknown", { slot: 31 }),
    raised("lock_failed", { slot: 3, trolley_id: "T1" }),
  ];
  const shown = needs({ trolleys: [], alarms });
  assert.deepEqual(
    shown.map((one) => [one.key, one.below.length]),
    [
      ["bus_fault16", 2],
      ["lock_failed3", 0],
    ],
  );
  const offline = needs({ trolleys: [], alarms: [...alarms, raised("device_offline", { severity: "critical" })] });
  assert.deepEqual(
    offline.map((one) => one.key),
    ["device_offline"],
  );
  const other = needs({ trolleys: [], alarms: [...alarms, raised("device_offline", { device_id: "e" })] });
  assert.equal(other.length, 3, "another Pi explains nothing here");
});

test("who calls comes first, and what somebody lets wait comes last until its time is over", () => {
  const alarms = [
    raised("stray", { severity: "critical" }),
    raised("device_offline", { severity: "critical", device_id: "x", snoozed_until: "2026-01-01T00:15:00Z" }),
    raised("help_wanted", { raised_at: "2026-01-01T00:05:00Z", device_id: null }),
  ];
  const at = (minute) => needs({ trolleys: [], alarms }, Date.parse(`2026-01-01T00:${minute}:00Z`));
  assert.deepEqual(
    at("10").map((one) => [one.key, one.waits]),
    [
      ["help_wanted", false],
      ["stray", false],
      ["device_offline", true],
    ],
  );
  assert.equal(at("15").filter((one) => one.waits).length, 0);
});

test("a Pi that is offline needs somebody at once, also one that never was online", () => {
  const devices = [
    { device_id: "d", online: false, silent_boards: [] },
    { device_id: "e", online: true, silent_boards: [] },
  ];
  const keys = (alarms) => needs({ trolleys: [], alarms, devices }).map((one) => one.key);
  assert.deepEqual(keys([]), ["device/d"]);
  assert.deepEqual(keys([raised("lock_failed", { slot: 3 })]), ["device/d"], "its lock is folded under it");
  assert.deepEqual(keys([raised("device_offline", { severity: "critical" })]), ["device_offline"]);
});

const ACTIONS = [
  ["free in its slot", {}, ["open", "assign", "maintenance", "missing"]],
  ["free without a lock", { place: null, custody: "unknown" }, ["assign", "maintenance", "missing"]],
  ["held in its slot", { phase: "held", session_id: "s" }, ["open", "end", "maintenance", "missing"]],
  ["held and out", { phase: "held", session_id: "s", custody: "out" }, ["back", "end", "maintenance", "missing"]],
  ["being claimed", { phase: "claiming", session_id: "s" }, ["open", "maintenance", "missing"]],
  ["out without a session", { custody: "out" }, ["back", "assign", "maintenance", "missing"]],
  ["missing", { missing: true, custody: "out" }, ["found", "maintenance"]],
  ["in maintenance", { maintenance: true }, ["in_service", "open", "missing"]],
  ["out of use", { is_active: false }, []],
];

for (const [what, facts, actions] of ACTIONS) {
  test(`of a trolley that is ${what}, staff can order: ${actions.join(", ") || "nothing"}`, () =>
    assert.deepEqual(actionsOf(trolley(facts)), actions));
}

const lock = (reported, at = null) => ({ desired: "open", reported, at });

test("an order to open a lock is under way until the lock says that it opened", () => {
  const shut = trolley({ lock: lock("closed") });
  const open = trolley({ lock: lock("open", "2026-01-01T06:08:14Z") });
  const under_way = taken(ORDERED, shut);
  assert.deepEqual(under_way, { stage: "under_way" });
  assert.deepEqual(follow(under_way, "TrolleyChanged", shut), under_way);
  assert.deepEqual(follow(under_way, "LockOpened", open), { stage: "opened", at: "2026-01-01T06:08:14Z" });
  assert.deepEqual(follow(ORDERED, "UnlockRequested", shut), under_way, "the event may come before the answer");
  const opened = follow(under_way, "LockOpened", open);
  assert.deepEqual(taken(opened, shut), opened, "and so may the lock's word");
});

test("a lock that was open all the time has opened, unless its word is old", () => {
  const open = trolley({ lock: lock("open", "2026-01-01T06:00:00Z") });
  assert.equal(taken(ORDERED, open).stage, "opened");
  assert.equal(taken(ORDERED, { ...open, unheard: true }).stage, "under_way");
});

test("a lock that did not open says why, also when the connection was away meanwhile", () => {
  const stuck = trolley({ lock: lock("closed"), lock_fault: "not_opened" });
  const failed = { stage: "failed", fault: "not_opened" };
  assert.deepEqual(follow({ stage: "under_way" }, "LockFailed", stuck), failed);
  assert.deepEqual(resumed({ stage: "under_way" }, stuck), failed);
  assert.equal(resumed({ stage: "under_way" }, trolley({ lock: lock("open") })).stage, "opened");
  assert.equal(resumed({ stage: "under_way" }, trolley({ lock: lock("closed") })).stage, "under_way");
});

test("a trolley is found by its number, a part of its code or of its holder's name, and by what it counts as", () => {
  const held = trolley({ trolley_id: "TROLLEY_13", cart_number: 13, phase: "held", assigned_to: "Vikram" });
  const wanted = (words, only = null) => isWanted(held, { words, only });
  assert.deepEqual(
    ["13", "1", "3", "ley_1", " vik ", ""].map((words) => wanted(words)),
    [true, true, false, true, true, true],
  );
  assert.deepEqual([wanted("", "held"), wanted("", "available"), wanted("99", "held")], [true, false, false]);
  assert.equal(isWanted(trolley({ phase: "claiming" }), { words: "", only: "held" }), true);
  assert.deepEqual(
    grouped([trolley({ lock_fault: "expired" })], true).map(([state]) => state),
    ["fault"],
  );
});

test("a bay is called by its board's letter and its lock, and by its Pi's place where there are several", () => {
  const one = [{ device_id: "d" }];
  assert.equal(bayOf({ device_id: "d", slot: 4 }, one), "A5");
  assert.equal(bayOf({ device_id: "d", slot: 0x1f }, one), "B16");
  assert.equal(bayOf({ device_id: "d", slot: 0x1a0 }, one), "AA1");
  assert.equal(bayOf({ device_id: "e", slot: 4 }, [...one, { device_id: "e" }]), "2A5");
});

test("of those in use the longest comes first, all others go by number", () => {
  const held = (cart_number, since) =>
    trolley({ trolley_id: `T${cart_number}`, cart_number, phase: "held", custody: "out", since });
  const groups = grouped([
    held(1, "2026-01-01T10:00:00Z"),
    held(2, "2026-01-01T09:00:00Z"),
    trolley({ cart_number: 9 }),
  ]);
  assert.deepEqual(
    groups.map(([state, list]) => [state, list.map((one) => one.cart_number)]),
    [
      ["held", [2, 1]],
      ["available", [9]],
    ],
  );
});
