import { test } from "node:test";
import assert from "node:assert/strict";
import { formatMoney, readAmount } from "../js/money.js";

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

test("an amount is read as people write it", () => {
  for (const [text, amount] of [
    ["12", "12"],
    ["12.5", "12.5"],
    ["12,5", "12.5"],
    ["1,234.50", "1234.50"],
    ["1.234,50", "1234.50"],
    ["1 234,50", "1234.50"],
    ["1\u202f234,50", "1234.50"],
    ["1'234.50", "1234.50"],
    ["1,234", "1234"],
    ["1,234,567", "1234567"],
    ["1.234.567", "1234567"],
    ["12,34,567.50", "1234567.50"],
    ["₪12.50", "12.50"],
    ["12.50 ₪", "12.50"],
    ["\u200f12.50\u00a0₪", "12.50"],
    ['12.50 ש"ח', "12.50"],
    ["₹ 1,23,456.00", "123456.00"],
    ["Rs. 40", "40"],
    ["INR 40", "40"],
    ["USD 40.5", "40.5"],
    [".5", "0.5"],
    [",50", "0.50"],
    ["007", "7"],
    ["0", "0"],
    ["١٢٫٥", "12.5"],
    ["१२.५०", "12.50"],
  ])
    assert.deepEqual(readAmount(text, "INR"), { amount }, text);
});

test("what is no amount, or may be two, says what is wrong with it", () => {
  for (const [text, currency, wrong] of [
    ["", "INR", "money.no_amount"],
    ["abc", "INR", "money.no_amount"],
    ["1..2", "INR", "money.no_amount"],
    ["1,2,3", "INR", "money.no_amount"],
    ["12.34.5", "INR", "money.no_amount"],
    ["1,23.4,5", "INR", "money.no_amount"],
    ["1e5", "INR", "money.no_amount"],
    ["-5", "INR", "money.negative"],
    ["−5", "INR", "money.negative"],
    ["1.234", "INR", "money.unclear"],
    ["1,234", "KWD", "money.unclear"],
    ["12.3456", "INR", "money.decimals"],
    ["1,234.567", "INR", "money.decimals"],
    ["12.5", "JPY", "money.decimals"],
  ])
    assert.equal(readAmount(text, currency).wrong, wrong, `${text} ${currency}`);
  assert.deepEqual(readAmount("1.234", "KWD"), { amount: "1.234" });
  assert.deepEqual(readAmount("1,234", "JPY"), { amount: "1234" });
});
