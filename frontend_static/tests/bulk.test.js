import assert from "node:assert/strict";
import test from "node:test";
import { priceBy } from "../js/catalogue/prices.js";

test("a price changes by a share exactly, half a unit up", () => {
  assert.equal(priceBy(100, 10, "INR"), "110.00");
  assert.equal(priceBy(0.05, 10, "EUR"), "0.06");
  assert.equal(priceBy(19.99, -5, "USD"), "18.99");
  assert.equal(priceBy(250, 2.5, "JPY"), "256");
  assert.equal(priceBy(1.005, 0, "KWD"), "1.005");
});
