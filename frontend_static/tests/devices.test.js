import { test } from "node:test";
import assert from "node:assert/strict";
import { KEPT, append, fits, micros, openLocks, ranges, sentenceOf, tally } from "../js/devices/frames.js";
import { conditionOf, countersOf, healthOf, isUnheard, progressOf } from "../js/devices/health.js";
import { flawsOf, freeAddress, racks } from "../js/devices/places.js";
import { BusWatch } from "../js/devices/watching.js";
import { Problem } from "../js/problem.js";
import { signal } from "../js/ui.js";

const board = { port: "/dev/ttyUSB0", address: 2 };
const pi = (counters, port = "/dev/ttyUSB0", status = "online") => ({
  status: { status, health: { buses: [{ port, boards: { 2: counters } }] } },
});

test("of slots whose Pi is away or whose board is silent nothing is heard", () => {
  const heard = { ...pi({ requests: 9, answers: 9, failures_in_a_row: 0 }), online: true, controllers: [board] };
  const silent = { ...heard, ...pi({ requests: 9, answers: 0, failures_in_a_row: 9 }) };
  assert.deepEqual(
    [heard, silent, { ...heard, online: false }].map((one) => isUnheard(2, one)),
    [false, true, true],
  );
  assert.equal(isUnheard(3, silent), false, "another board");
});

test("a board is as well as its last exchanges", () => {
  assert.equal(healthOf(board, pi({ requests: 9, answers: 9, failures_in_a_row: 0 })), "good");
  assert.equal(healthOf(board, pi({ requests: 9, answers: 5, failures_in_a_row: 3 })), "silent");
  assert.equal(healthOf(board, pi({ requests: 2, answers: 0, failures_in_a_row: 2 })), "silent");
});

test("of a board nobody has spoken of, or of a Pi that is away, nothing is known", () => {
  assert.equal(healthOf({ ...board, address: 3 }, pi({ requests: 1, answers: 1, failures_in_a_row: 0 })), "unknown");
  assert.equal(healthOf(board, pi({ requests: 9, answers: 9, failures_in_a_row: 0 }, undefined, "offline")), "unknown");
  assert.equal(healthOf(board, {}), "unknown");
});

test("a single bus is the board's whatever it is called, of two the port decides", () => {
  const one = { buses: [{ port: "/dev/pts/7", boards: { 2: { answers: 1 } } }] };
  assert.deepEqual(countersOf(board, one), { answers: 1 });
  const two = { buses: [...one.buses, { port: "/dev/pts/8", boards: {} }] };
  assert.equal(countersOf(board, two), null);
});

test("a revoked Pi is neither online nor offline", () => {
  assert.equal(conditionOf({ is_revoked: true, online: true }), "revoked");
  assert.equal(conditionOf({ is_revoked: false, online: false }), "offline");
});

test("the shares of a rollout are of all its devices", () => {
  const found = progressOf({ counts: { updated: 2, failed: 1, downloading: 1, waiting: 4 } });
  assert.deepEqual(found, {
    done: 25,
    going: 12.5,
    bad: 12.5,
    updated: 2,
    failed: 1,
    through: 3,
    all: 8,
  });
  assert.equal(progressOf({ counts: {} }).through, 0);
});

const frame = (at, dir, board, more = {}) => ({
  at: `2026-01-01T00:00:${at}Z`,
  dir,
  hex: "02",
  meaning: "",
  board,
  fault: false,
  ...more,
});

test("frames are timed to the microsecond, each against the one before", () => {
  const list = append(append([], [frame("01.000250", "out", 0)]), [
    frame("01.002500", "in", 0),
    frame("01.0031", "out", 1),
  ]);
  assert.deepEqual(
    list.map((one) => [one.key, one.gap]),
    [
      [1, null],
      [2, 2250],
      [3, 600],
    ],
  );
  assert.equal(micros("2026-01-01T00:00:00Z") % 1e6, 0);
});

test("no more frames are kept than fit, the newest", () => {
  let list = [];
  for (let n = 0; n < 30; n += 1)
    list = append(
      list,
      Array.from({ length: 50 }, () => frame("01", "out", n)),
    );
  assert.deepEqual([list.length, list.at(-1).board, list.at(-1).key], [KEPT, 29, 1500]);
});

test("a filter shows one board, and noise with each; or only what went wrong", () => {
  const list = append(
    [],
    [frame("01", "out", 0), frame("01", "in", 1, { fault: true }), frame("01", "in", undefined, { fault: true })],
  );
  const shown = (filter) => list.filter((one) => fits(one, filter)).map((one) => one.key);
  assert.deepEqual(
    [shown({}), shown({ board: 0 }), shown({ board: 1 }), shown({ faults: true }), shown({ board: 0, faults: true })],
    [[1, 2, 3], [1, 3], [2, 3], [2, 3], [3]],
  );
});

test("boards are summed up: how often asked, how soon answered, how often wrong", () => {
  const list = append(
    [],
    [
      frame("00.000", "out", 1),
      frame("00.004", "in", 1),
      frame("00.500", "out", 0),
      frame("00.600", "in", 0, { fault: true }),
      frame("01.000", "out", 1),
      frame("01.006", "in", 1),
    ],
  );
  const [silent, good] = tally(list);
  assert.deepEqual([silent.board, silent.answer, silent.faults, good.faults, good.answer], [0, null, 1, 0, 5]);
  assert.ok(good.rate > 1.9 && good.rate < 2);
  assert.deepEqual(tally([]), []);
});

test("what the Pi says of a frame is said in our words where we have some", () => {
  assert.deepEqual(sentenceOf("status of board 3?"), { key: "status", vars: { board: "3" } });
  assert.deepEqual(sentenceOf("unlock lock 0 of board 1").vars, { lock: 1, board: "1" });
  assert.equal(sentenceOf("board 1: hooks 1111111111111101, sensors 0000000000000000").key, "state");
  assert.equal(sentenceOf("read 8 from 0x0000 of unit 1, function 2"), null);
});

test("hook bits are read as locks from 1, by the board's polarity, where a lock is wired", () => {
  assert.deepEqual(openLocks("1111111111111101", false), [2]);
  assert.deepEqual(openLocks("0000000000000101", true), [1, 3]);
  assert.deepEqual(openLocks("1111111100000001", false, new Set([0, 1, 2])), [2, 3]);
  assert.equal(ranges([1, 2, 5, 9, 10, 11]), "1, 2, 5, 9–11");
});

const device = (more = {}) => ({ controllers: [], ...more });
const at = (port, address, baudrate = 19200) => ({ port, address, baudrate });

test("a board's address has to be free and one of its protocol's", () => {
  const body = { port: "/a ", address: 3, baudrate: 19200, protocol: "kerong" };
  assert.equal(flawsOf(body, [at("/b", 3, 9600)]), null);
  assert.deepEqual(Object.keys(flawsOf(body, [at("/a", 3)])), ["address"]);
  assert.deepEqual(Object.keys(flawsOf({ ...body, address: 16 }, [])), ["address"]);
  assert.deepEqual(Object.keys(flawsOf({ ...body, address: NaN }, [])), ["address"]);
  assert.deepEqual(Object.keys(flawsOf({ ...body, protocol: "modbus", address: 0 }, [])), ["address"]);
  assert.deepEqual(Object.keys(flawsOf({ ...body, port: " " }, [])), ["port"]);
  assert.deepEqual(Object.keys(flawsOf(body, [at("/a", 4, 9600)])), ["baudrate"]);
  assert.equal(freeAddress([at("/a", 0), at("/a", 1), at("/b", 2)], "/a", "kerong"), 2);
});

test("a board shows the locks that were heard of, or sixteen", () => {
  const seen = (slot, trolley_id = null) => ({
    slot,
    trolley_id,
    hook: "closed",
    present: true,
    at: "2026-01-01T00:00:00Z",
  });
  const [first, second] = racks(device({ controllers: [at("/a", 0), at("/a", 1)] }), [seen(0, "T1"), seen(1), seen(7)]);
  assert.deepEqual(
    [first.board, first.locks.length, first.locks[0].trolley_id, first.locks[3].hook],
    [0, 8, "T1", "unknown"],
  );
  assert.deepEqual([second.board, second.locks.length, second.locks[0].slot], [1, 16, 16]);
});

test("the second port of a device is its second bus", () => {
  const two = device({
    controllers: [at("/a", 0), at("/b", 2)],
    status: { health: { buses: [{ port: "/a" }, { port: "/b" }] } },
  });
  assert.deepEqual(
    racks(two, []).map((one) => one.board),
    [0, 0x12],
  );
});

/** A look at buses on a store that keeps what was asked of the server; `says` is what the socket hears. */
function watch(answer = async () => ({})) {
  const asked = [];
  const store = {
    now: signal(0),
    heard: () => {},
    onNotice: (heard) => (store.heard = heard),
    request: (type, fields) => {
      asked.push(fields);
      return answer();
    },
  };
  return {
    asked,
    store,
    look: new BusWatch(store),
    says: (message) => store.heard({ device_id: "pi", bus: 0, ...message }),
  };
}

test("frames are shown from the moment the server lets one look until its time is over", async () => {
  const { asked, look, says, store } = watch();
  says({ type: "frames", dropped: 0, frames: [frame("01", "out", 0)] });
  await look.look("pi", 0);
  says({ type: "frames", dropped: 2, frames: [frame("01", "out", 0)] });
  says({ type: "frames", device_id: "another", dropped: 0, frames: [frame("02", "out", 0)] });
  assert.deepEqual([look.phase.value, look.frames.value.length, look.dropped.value], ["live", 1, 2]);
  store.now.value = Date.now() + 301_000;
  assert.equal(look.phase.value, "ended");
  look.stop();
  assert.equal(asked.length, 1); // nothing is under way that could be stopped
});

test("a picture that stands counts what it does not show, and a second page's look is its own", async () => {
  const { look, says } = watch();
  const other = watch();
  await look.look("pi", 0);
  says({ type: "frames", dropped: 0, frames: [frame("01", "out", 0)] });
  look.hold(true);
  says({ type: "frames", dropped: 0, frames: [frame("02", "in", 0), frame("03", "out", 0)] });
  assert.deepEqual([look.still.value.length, look.missed], [1, 2]);
  assert.deepEqual([other.look.phase.value, other.look.frames.value], ["off", []]);
});

test("a Pi that is away is said as such, any other refusal as it is", async () => {
  const refusing = (code) => watch(() => Promise.reject(new Problem({ code }))).look;
  const [away, denied] = [refusing("device_offline"), refusing("forbidden")];
  await Promise.all([away.look("pi", 0), denied.look("pi", 0)]);
  assert.deepEqual(
    [away.phase.value, denied.phase.value, denied.problem.value.code],
    ["offline", "refused", "forbidden"],
  );
});
