import { test } from "node:test";
import assert from "node:assert/strict";
import { codeOf, verdictOf } from "../js/orders/verdict.js";
import { dictionaries } from "../js/messages.js";

const order = { number: 7, total_items: 3 };
const last = { code: "7K2MQ0XP91BD", at: 1000, order };
const refused = (code) => ({ problem: { code } });

test("a pass that the server let through is the one green verdict", () => {
  assert.deepEqual(verdictOf({ order }, "X", null, 0), { tone: "go", icon: "check", word: "go", order });
});

test("no refusal looks like a pass, and each has its words", () => {
  for (const code of [
    "pass_used",
    "pass_refunded",
    "pass_unknown",
    "pass_wrong_branch",
    "pass_expired",
    "pass_malformed",
    "offline",
    "timeout",
  ]) {
    const { tone, word } = verdictOf(refused(code), "X", null, 0);
    assert.notEqual(tone, "go", code);
    assert.ok(dictionaries.en[`exit.${word}`], word);
    assert.ok(word === "failed" || dictionaries.en[`exit.${word}_text`], word);
  }
});

test("the pass that went through here a moment ago is no fraud, but not let through again either", () => {
  const soon = verdictOf(refused("pass_used"), last.code, last, 30_000);
  assert.deepEqual([soon.tone, soon.word], ["calm", "twice"]);
  assert.equal(verdictOf(refused("pass_used"), last.code, last, 70_000).word, "used");
  assert.equal(verdictOf(refused("pass_used"), "ANOTHER", last, 30_000).word, "used");
});

test("a pass is the same one however it came", () => {
  for (const text of ["7K2M-Q0XP-91BD", " 7k2m q0xp 91bd", "https://shop.example/x/7K2M-Q0XP-91BD"]) {
    assert.equal(codeOf(text), "7K2MQ0XP91BD");
  }
  assert.equal(codeOf("  "), "");
});
