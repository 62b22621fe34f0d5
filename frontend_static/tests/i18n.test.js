import { test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dictionaries, learn, translate } from "../js/messages.js";

await learn("he");
const { en, he } = dictionaries;
const texts = (message) => (typeof message === "string" ? [message] : Object.values(message));
const holes = (message) =>
  new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1])));
const js = new URL("../js/", import.meta.url);
const sources = readdirSync(js, { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => [name, readFileSync(new URL(name.replaceAll("\\", "/"), js), "utf8")]);

test("both languages have the same keys", () => {
  assert.deepEqual(
    Object.keys(he).filter((key) => !(key in en)),
    [],
  );
  assert.deepEqual(
    Object.keys(en).filter((key) => !(key in he)),
    [],
  );
});

// Names that are the same in every language.
const SAME = "Smart Trolley|QR|Pi|https|HTTP|MQTT|WebSocket|AsyncAPI|API|CSV|JSON|PDF|Excel|SVG|TROLLEY_01";
const NAMES = new RegExp(`\\{\\w+\\}|\\b(${SAME})\\b`, "g");

test("no sentence is empty or left untranslated", () => {
  for (const [key, message] of Object.entries(he)) {
    for (const text of texts(message)) {
      assert.ok(text.trim(), `${key} is empty`);
      const words = text.replace(NAMES, "");
      if (/[A-Za-z]{3,}/.test(words)) assert.fail(`${key} is still English: ${text}`);
    }
  }
});

test("both languages fill the same holes, but that a plural form may say its number in words", () => {
  for (const key of Object.keys(en)) {
    const [ours, theirs] = [holes(en[key]), holes(he[key])];
    assert.deepEqual([...theirs].sort(), [...ours].sort(), key);
  }
});

test("every plural has the form that covers the rest", () => {
  for (const [key, message] of [...Object.entries(en), ...Object.entries(he)]) {
    if (typeof message !== "string") assert.ok(message.other && message.one, key);
  }
});

test("every key that the code names is in the dictionary", () => {
  for (const [name, source] of sources) {
    for (const [, key] of source.matchAll(/\bt\(\s*"([^"]+)"/g)) assert.ok(key in en, `${name}: ${key}`);
    for (const [, prefix] of source.matchAll(/\bt\(\s*`([a-z]+\.)\$\{/g)) {
      assert.ok(
        Object.keys(en).some((key) => key.startsWith(prefix)),
        `${name}: nothing begins with ${prefix}`,
      );
    }
  }
});

test("plural forms follow the language", () => {
  assert.equal(translate("en", "count.products", { n: 1 }), "1 product");
  assert.equal(translate("en", "count.products", { n: 0 }), "0 products");
  assert.equal(translate("he", "count.products", { n: 2 }), "שני מוצרים");
  assert.equal(translate("he", "count.products", { n: 7 }), "7 מוצרים");
});

test("an unknown key gives what was asked for instead", () => {
  assert.equal(translate("en", "problem.never_heard_of", {}, null), null);
  assert.equal(translate("en", "no.such.key"), "no.such.key");
});
