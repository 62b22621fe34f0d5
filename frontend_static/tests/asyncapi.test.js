import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fieldsOf, matching, placesOf, typeOf } from "../js/asyncapi/document.js";

const document = JSON.parse(readFileSync(new URL("../../docs/asyncapi.json", import.meta.url), "utf8"));

test("every channel and every message of the document is shown", () => {
  const places = placesOf(document);
  const channels = places.flatMap((place) => place.channels.map((each) => each.name));
  assert.deepEqual(channels.toSorted(), Object.keys(document.channels).toSorted());
  const shown = new Set(places.flatMap((place) => [...place.says, ...place.hears]));
  assert.deepEqual([...shown].toSorted(), Object.keys(document.components.messages).toSorted());
});

test("channels with the same messages stand together", () => {
  const [people] = placesOf(document);
  assert.deepEqual(
    people.channels.map((each) => each.name),
    ["shopper", "branch", "chain"],
  );
  assert.ok(people.says.includes("cart.add"));
  assert.ok(people.hears.includes("cart.add.reply"));
});

test("a field is told in a few words", () => {
  assert.equal(typeOf({ anyOf: [{ type: "string", format: "uuid" }, { type: "null" }] }), "uuid | null");
  assert.equal(typeOf({ type: "array", items: { $ref: "#/components/schemas/Line" } }), "Line[]");
  const properties = { quantity: { type: "integer", minimum: 1, maximum: 999 }, line: { $ref: "#/x/Line" } };
  assert.deepEqual(fieldsOf({ properties, required: ["quantity"] }), [
    { name: "quantity", type: "integer", bounds: "≥ 1, ≤ 999", required: true, note: "", leads: [] },
    { name: "line", type: "Line", bounds: "", required: false, note: "", leads: ["Line"] },
  ]);
});

test("a search wants every word, in the name or in what it is for", () => {
  const messages = { "cart.add": { summary: "Put a product into the cart." }, "cart.clear": { summary: "Empty it." } };
  assert.deepEqual(matching(Object.keys(messages), messages, "CART product"), ["cart.add"]);
  assert.deepEqual(matching(Object.keys(messages), messages, " "), ["cart.add", "cart.clear"]);
});
