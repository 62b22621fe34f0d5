import { test } from "node:test";
import assert from "node:assert/strict";
import { createCooldown } from "../js/scan.js";

test("a code in sight counts once, and again after it was away", () => {
  const accept = createCooldown(1600);
  assert.equal(accept("a", 0), true);
  for (let now = 100; now <= 5000; now += 100) assert.equal(accept("a", now), false, `still in sight at ${now}`);
  assert.equal(accept("a", 6700), true);
});

test("another code does not wait for the first", () => {
  const accept = createCooldown(1600);
  assert.equal(accept("a", 0), true);
  assert.equal(accept("b", 50), true);
});
