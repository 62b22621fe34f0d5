import assert from "node:assert/strict";
import test from "node:test";
import { readAgain, readOn } from "../js/parts/listing.js";

const rows = (/** @type {string} */ ids) => [...ids].map((id) => ({ id }));
const page = (/** @type {string} */ ids, count = 9, next = "/n") => ({
  count,
  next,
  previous: null,
  results: rows(ids),
});
const ids = (/** @type {any} */ read) => read.rows.map((/** @type {any} */ one) => one.id).join("");

test("what follows is added, and what moved down is not shown twice", () => {
  const first = readAgain(null, page("abc"));
  const both = readOn(first, page("cde", 9, "/last"));
  assert.equal(ids(both), "abcde");
  assert.equal(both.next, "/last");
});

test("the first page read again brings what is new and keeps what was read further down", () => {
  const known = { count: 9, next: "/further", rows: rows("abcdef") };
  const again = readAgain(known, page("xab", 10, "/second"));
  assert.equal(ids(again), "xabcdef");
  assert.deepEqual([again.count, again.next], [10, "/further"]);
});

test("what is gone from the first page is gone", () => {
  const known = { count: 9, next: "/further", rows: rows("abcdef") };
  assert.equal(ids(readAgain(known, page("acd"))), "acdef");
});

test("after more than a page of news the list begins anew, without a gap", () => {
  const known = { count: 9, next: "/further", rows: rows("abcdef") };
  const again = readAgain(known, page("xyz", 12, "/second"));
  assert.equal(ids(again), "xyz");
  assert.equal(again.next, "/second");
});

test("rows that nobody can read are kept for the page to say so", () => {
  const known = readAgain(null, { count: 2, next: null, previous: null, results: [null, { id: "a" }] });
  assert.equal(readOn(known, { count: 3, next: null, previous: null, results: [null] }).rows.length, 3);
});
