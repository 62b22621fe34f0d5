import { test, mock } from "node:test";
import assert from "node:assert/strict";
import { TrolleySocket, uuid } from "../js/socket.js";
import { Problem } from "../js/problem.js";

const token = (seconds) => `h.${btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }))}.s`;
const flush = async () => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
};

/** A WebSocket that a test drives by hand; `made` lists all of them. */
class FakeSocket {
  static made = [];
  constructor(url, protocols) {
    Object.assign(this, { url, protocols, sent: [], closed: false });
    FakeSocket.made.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  says(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  last(type) {
    return this.sent.findLast((one) => one.type === type);
  }
}

/** A socket with timers under our control; `next()` is the newest connection, opened. */
async function stage({ life = 900, access } = {}) {
  FakeSocket.made = [];
  const states = [];
  const asked = [];
  const auth = {
    access:
      access ??
      (async (options = {}) => {
        asked.push(options.fresh === true);
        return token(life);
      }),
  };
  const socket = new TrolleySocket({
    url: "ws://x/ws/shopper/",
    auth,
    Socket: FakeSocket,
    onState: (state) => states.push(state),
  });
  const next = async () => {
    await flush();
    const wire = FakeSocket.made.at(-1);
    wire.onopen();
    return wire;
  };
  return { socket, states, asked, next };
}

function timers(t) {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 });
  t.after(() => mock.timers.reset());
}

test("it offers the protocol and the token as subprotocols", async (t) => {
  timers(t);
  const { socket, next, states } = await stage();
  socket.open();
  const wire = await next();
  assert.equal(wire.protocols[0], "trolley.v1");
  assert.match(wire.protocols[1], /^bearer\.h\./);
  assert.deepEqual(states, ["connecting", "open"]);
  socket.close();
});

test("a reply finds its command, whatever the order", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const wire = await next();
  const first = socket.request("cart.add", { barcode: "1" });
  const second = socket.request("cart.clear");
  const [a, b] = wire.sent;
  wire.says({ type: "reply", id: b.id, ok: true, data: { revision: 2 } });
  wire.says({ type: "reply", id: a.id, ok: false, problem: { status: 404, code: "product_not_found", detail: "No." } });
  assert.deepEqual(await second, { revision: 2 });
  await assert.rejects(
    first,
    (error) => error instanceof Problem && error.code === "product_not_found" && error.status === 404,
  );
  socket.close();
});

test("a command without a reply times out and says that the outcome is unknown", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  await next();
  const waiting = assert.rejects(socket.request("cart.clear", {}, { timeout: 1000 }), { code: "timeout" });
  mock.timers.tick(1001);
  await waiting;
  socket.close();
});

test("a command that was on its way is sent again after a reconnect, under the same id", async (t) => {
  timers(t);
  const { socket, next, states } = await stage();
  socket.open();
  const before = await next();
  const answer = socket.request("cart.add", { barcode: "1" });
  before.onclose({ code: 1006 });
  assert.equal(states.at(-1), "waiting");
  mock.timers.tick(400);
  const after = await next();
  assert.equal(after.last("cart.add").id, before.last("cart.add").id);
  after.says({ type: "reply", id: after.last("cart.add").id, ok: true, data: { revision: 1 } });
  assert.deepEqual(await answer, { revision: 1 });
  socket.close();
});

test("a command does not run out of time while the connection is away, and is told after a minute", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const before = await next();
  const answer = socket.request("cart.add", { barcode: "1" });
  before.onclose({ code: 1006 });
  for (let i = 0; i < 3; i++) {
    // attempts that come to nothing
    mock.timers.tick(15_000);
    await flush();
    FakeSocket.made.at(-1).onclose({ code: 1006 });
  }
  mock.timers.tick(14_000);
  const after = await next();
  mock.timers.tick(5_000);
  after.says({ type: "reply", id: after.last("cart.add").id, ok: true, data: { revision: 1 } });
  assert.deepEqual(await answer, { revision: 1 });
  const lost = socket.request("cart.clear");
  after.onclose({ code: 1006 });
  const told = assert.rejects(lost, { code: "offline" });
  mock.timers.tick(60_000);
  await told;
  socket.close();
});

test("what is of no use later is told at once when the connection is lost", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const wire = await next();
  const beat = socket.request("session.heartbeat", {}, { queue: false });
  wire.onclose({ code: 1006 });
  await assert.rejects(beat, { code: "offline" });
  const again = await (mock.timers.tick(400), next());
  assert.equal(again.last("session.heartbeat"), undefined);
  socket.close();
});

const heard = () => {
  const log = [];
  return {
    log,
    handler: { snapshot: (data) => log.push(["snapshot", data]), event: (name, data) => log.push([name, data]) },
  };
};
const event = (offset, name = "E", data = offset) => ({ type: "event", topic: "cart", offset, name, at: "", data });

test("a topic resumes from its epoch and offset, and shows no event twice", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  socket.subscribe("cart", handler);
  socket.open();
  const before = await next();
  assert.equal("epoch" in before.last("subscribe"), false);
  before.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 41, data: "S" });
  before.says(event(42));
  before.says(event(42));
  before.onclose({ code: 1006 });
  mock.timers.tick(400);
  const after = await next();
  const { epoch, offset } = after.last("subscribe");
  assert.deepEqual([epoch, offset], ["e1", 42]);
  after.says({ type: "subscribed", topic: "cart", epoch: "e1", offset: 44, recovered: true });
  for (const n of [42, 43, 44]) after.says(event(n));
  assert.deepEqual(log, [
    ["snapshot", "S"],
    ["E", 42],
    ["E", 43],
    ["E", 44],
  ]);
  socket.close();
});

test("an event beside the numbered ones is told, and moves nothing", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  socket.subscribe("cart", { ...handler, beside: new Set(["Beside"]) });
  socket.open();
  const wire = await next();
  wire.says(event(1, "Beside", "early")); // before there is a state that it could belong to
  wire.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 1, data: "S" });
  wire.says(event(1, "Beside"));
  wire.says(event(2));
  wire.says(event(2, "Beside"));
  wire.says(event(2, "Other"));
  assert.deepEqual(log, [
    ["snapshot", "S"],
    ["Beside", 1],
    ["E", 2],
    ["Beside", 2],
  ]);
  wire.onclose({ code: 1006 });
  mock.timers.tick(400);
  assert.equal((await next()).last("subscribe").offset, 2);
  socket.close();
});

test("what was missed is told in one go, and only then is nothing missing", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  handler.live = () => log.push(["live"]);
  socket.subscribe("cart", handler);
  socket.open();
  const before = await next();
  before.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 1, data: "S" });
  before.onclose({ code: 1006 });
  mock.timers.tick(400);
  const after = await next();
  log.length = 0;
  after.says({ type: "subscribed", topic: "cart", epoch: "e1", offset: 3, recovered: true });
  after.says(event(2, "SessionExpired"));
  assert.deepEqual(log, []); // the page that is shown is not torn down for what is over already
  after.says(event(3, "SessionResumed"));
  assert.deepEqual(log, [["SessionExpired", 2], ["SessionResumed", 3], ["live"]]);
  after.says(event(4));
  assert.deepEqual(log.at(-1), ["E", 4]);
  socket.close();
});

test("missed events that do not all come are asked for again from our place", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  socket.subscribe("cart", handler);
  socket.open();
  const first = await next();
  first.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 1, data: "S" });
  first.onclose({ code: 1006 });
  mock.timers.tick(400);
  const second = await next();
  second.says({ type: "subscribed", topic: "cart", epoch: "e1", offset: 3, recovered: true });
  second.says(event(2));
  second.onclose({ code: 1006 });
  mock.timers.tick(800);
  const third = await next();
  assert.equal(third.last("subscribe").offset, 1);
  third.says({ type: "subscribed", topic: "cart", epoch: "e1", offset: 3, recovered: true });
  third.says(event(3)); // without the second
  assert.equal(third.last("subscribe").offset, 1);
  assert.deepEqual(log, [["snapshot", "S"]]);
  socket.close();
});

test("a gap in the offsets is asked for, not skipped", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  socket.subscribe("cart", handler);
  socket.open();
  const wire = await next();
  wire.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 1, data: "S" });
  wire.says(event(3));
  assert.deepEqual([wire.last("subscribe").epoch, wire.last("subscribe").offset], ["e1", 1]);
  wire.says({ type: "subscribed", topic: "cart", epoch: "e1", offset: 3, recovered: true });
  wire.says(event(2));
  wire.says(event(3));
  assert.deepEqual(
    log.map(([name, data]) => [name, data]),
    [
      ["snapshot", "S"],
      ["E", 2],
      ["E", 3],
    ],
  );
  socket.close();
});

test("a new epoch brings a snapshot that replaces everything", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const { log, handler } = heard();
  socket.subscribe("cart", handler);
  socket.open();
  const wire = await next();
  wire.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 9, data: "old" });
  wire.says({ type: "snapshot", topic: "cart", epoch: "e2", offset: 0, data: "new" });
  wire.says(event(1));
  assert.deepEqual(log.at(-1), ["E", 1]);
  socket.close();
});

test("a handler that does not understand an event gets a fresh snapshot", async (t) => {
  timers(t);
  t.mock.method(console, "warn", () => {});
  const { socket, next } = await stage();
  const snapshots = [];
  socket.subscribe("cart", {
    snapshot: (data) => snapshots.push(data),
    event() {
      throw new Error("unknown");
    },
  });
  socket.open();
  const wire = await next();
  wire.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 1, data: "first" });
  wire.says(event(2));
  assert.equal("epoch" in wire.last("subscribe"), false);
  wire.says({ type: "snapshot", topic: "cart", epoch: "e1", offset: 2, data: "second" });
  assert.deepEqual(snapshots, ["first", "second"]);
  socket.close();
});

test("retries wait longer and longer, with jitter, up to a limit", async (t) => {
  timers(t);
  const waits = [];
  const { socket } = await stage({
    access: async () => {
      throw new Problem({ code: "offline" });
    },
  });
  socket.onState = (state, detail) => state === "waiting" && waits.push(detail.retryAt - Date.now());
  socket.open();
  await flush();
  for (let i = 0; i < 8; i++) {
    mock.timers.tick(15_001);
    await flush();
  }
  assert.ok(waits[0] >= 200 && waits[0] <= 400, `first wait ${waits[0]}`);
  assert.ok(waits[3] >= 1600 && waits[3] <= 3200, `fourth wait ${waits[3]}`);
  assert.ok(Math.max(...waits) <= 15_000);
  socket.close();
});

test("4401 asks for a new token before it tries again", async (t) => {
  timers(t);
  const { socket, next, asked } = await stage();
  socket.open();
  const wire = await next();
  wire.onclose({ code: 4401 });
  mock.timers.tick(400);
  await next();
  assert.deepEqual(asked, [false, true]);
  socket.close();
});

test("4403 is an answer: it does not try again", async (t) => {
  timers(t);
  const { socket, next, states } = await stage();
  socket.open();
  const wire = await next();
  wire.onclose({ code: 4403 });
  mock.timers.tick(60_000);
  await flush();
  assert.equal(states.at(-1), "denied");
  assert.equal(FakeSocket.made.length, 1);
});

test("no token left means sign in, and waiting commands are told", async (t) => {
  timers(t);
  const { socket, states } = await stage({
    access: async () => {
      throw new Problem({ code: "signed_out" });
    },
  });
  const waiting = assert.rejects(socket.request("cart.clear"), { code: "signed_out" });
  socket.open();
  await waiting;
  assert.equal(states.at(-1), "signed_out");
});

test("the token is renewed on the open socket a minute before it is over", async (t) => {
  timers(t);
  const { socket, next, asked } = await stage({ life: 70 });
  socket.open();
  const wire = await next();
  mock.timers.tick(8_000);
  wire.says({ type: "reply", id: wire.last("ping").id, ok: true, data: {} });
  await flush();
  mock.timers.tick(1_500);
  assert.equal(wire.last("auth.renew"), undefined);
  mock.timers.tick(1_000);
  await flush();
  assert.match(wire.last("auth.renew").token, /^h\./);
  assert.equal(asked.at(-1), true);
  socket.close();
});

test("a closed socket asks for no more tokens", async (t) => {
  timers(t);
  const { socket, next, asked } = await stage({ life: 62 });
  socket.open();
  const wire = await next();
  mock.timers.tick(2_500);
  await flush();
  assert.ok(wire.last("auth.renew"));
  const before = asked.length;
  socket.close();
  await flush();
  mock.timers.tick(60_000);
  await flush();
  assert.equal(asked.length, before);
});

test("the server's notice that the token expires renews it at once", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const wire = await next();
  wire.says({ type: "notice", code: "token_expiring", message: "…" });
  await flush();
  assert.ok(wire.last("auth.renew"));
  socket.close();
});

test("a silent connection is asked, and given up when it does not answer", async (t) => {
  timers(t);
  const { socket, next, states } = await stage();
  socket.open();
  const wire = await next();
  mock.timers.tick(8_000);
  assert.ok(wire.last("ping"));
  mock.timers.tick(4_001);
  await flush();
  assert.equal(wire.closed, true);
  assert.equal(states.at(-1), "waiting");
  socket.close();
});

test("a connection that does not open is given up", async (t) => {
  timers(t);
  const { socket, states } = await stage();
  socket.open();
  await flush();
  mock.timers.tick(10_001);
  assert.equal(FakeSocket.made[0].closed, true);
  assert.equal(states.at(-1), "waiting");
  socket.close();
});

test("an answered ping keeps the connection", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const wire = await next();
  mock.timers.tick(8_000);
  wire.says({ type: "reply", id: wire.last("ping").id, ok: true, data: {} });
  await flush();
  mock.timers.tick(7_000);
  assert.equal(wire.sent.filter((one) => one.type === "ping").length, 1);
  assert.equal(wire.closed, false);
  socket.close();
});

test("a heartbeat that cannot be sent now is not kept for later", async (t) => {
  timers(t);
  const { socket } = await stage();
  await assert.rejects(socket.request("session.heartbeat", {}, { queue: false }), { code: "offline" });
});

test("an order says when it was given, and waits for the connection that is being made", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  socket.open();
  const ordered = socket.order("trolley.unlock", { trolley_id: "T", reason: "stuck" });
  const wire = await next();
  await flush();
  const sent = wire.last("trolley.unlock");
  assert.ok(Math.abs(Date.parse(sent.given_at) - Date.now()) < 60_000, sent.given_at);
  wire.says({ type: "reply", id: sent.id, ok: true, data: { unlock_id: "u" } });
  assert.deepEqual(await ordered, { unlock_id: "u" });
  socket.close();
});

test("an order is kept for no later connection, and not sent again", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  await assert.rejects(socket.order("session.start", { trolley_id: "T" }), { code: "offline" });
  socket.open();
  const wire = await next();
  const ordered = socket.order("session.start", { trolley_id: "T" });
  await flush();
  assert.ok(wire.last("session.start"));
  wire.onclose({ code: 1006 });
  await assert.rejects(ordered, { code: "offline" });
  await assert.rejects(socket.order("session.start", { trolley_id: "T" }), { code: "offline" });
  const again = await (mock.timers.tick(400), next());
  assert.equal(again.last("session.start"), undefined);
  socket.close();
});

test("a refused subscription is told to its handler", async (t) => {
  timers(t);
  const { socket, next } = await stage();
  const refusals = [];
  socket.subscribe("branch:X", { snapshot() {}, event() {}, refused: (problem) => refusals.push(problem.code) });
  socket.open();
  const wire = await next();
  wire.says({ type: "reply", id: wire.last("subscribe").id, ok: false, problem: { status: 403, code: "forbidden" } });
  assert.deepEqual(refusals, ["forbidden"]);
  socket.close();
});

test("ids are UUIDs also where the browser gives none", (t) => {
  const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(uuid(), shape);
  t.mock.method(crypto, "randomUUID", undefined);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(uuid(), shape);
  delete crypto.randomUUID;
});
