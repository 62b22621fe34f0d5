import { test } from "node:test";
import assert from "node:assert/strict";
import { formatMoney } from "../js/money.js";

const plain = (text) =>
  text
    .replace(/[\u200e\u200f\u00a0\u202f]/g, " ")
    .replace(/\s+/g, " ")
    .trim();

test("amounts carry their currency's decimals", () => {
  assert.equal(plain(formatMoney(500, "INR", "en")), "₹500.00");
  assert.equal(plain(formatMoney(4207.5, "INR", "en")), "₹4,207.50");
  assert.equal(plain(formatMoney(1200, "JPY", "en")), "¥1,200");
  assert.equal(plain(formatMoney(1.25, "KWD", "en")), "KWD 1.250");
});

test("the decimals are the server's, whatever the browser thinks of a currency", () => {
  assert.equal(plain(formatMoney(149.99, "PKR", "en")), "Rs 149.99");
  assert.match(plain(formatMoney(149.99, "HUF", "he")), /149\.99/);
  assert.equal(plain(formatMoney(1.255, "IQD", "en")), "IQD 1.255");
});

test("a decimal string is shown digit by digit, beyond what a float can hold", () => {
  assert.equal(plain(formatMoney("90071992547409.93", "INR", "en")), "₹90,071,992,547,409.93");
  assert.equal(plain(formatMoney("0.10", "INR", "en")), "₹0.10");
});

test("Hebrew shows the same digits", () => {
  const text = plain(formatMoney(495.05, "ILS", "he"));
  assert.match(text, /495\.05/);
  assert.match(text, /₪/);
});

test("what is missing is not shown as zero", () => {
  for (const [amount, currency] of [
    [null, "INR"],
    [undefined, "INR"],
    ["", "INR"],
    [5, undefined],
  ]) {
    assert.equal(formatMoney(amount, currency), "–");
  }
});
