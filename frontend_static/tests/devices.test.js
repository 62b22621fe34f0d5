import { test } from "node:test";
import assert from "node:assert/strict";
import { conditionOf, countersOf, healthOf, progressOf } from "../js/devices/health.js";

const board = { port: "/dev/ttyUSB0", address: 2 };
const pi = (counters, port = "/dev/ttyUSB0", status = "online") => ({ status: { status, health: { buses: [{ port, boards: { 2: counters } }] } } });

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
  assert.deepEqual(found, { done: 25, going: 12.5, bad: 12.5, through: 3, all: 8 });
  assert.equal(progressOf({ counts: {} }).through, 0);
});
