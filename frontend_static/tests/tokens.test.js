import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const css = readFileSync(new URL("../css/tokens.css", import.meta.url), "utf8");
const colours = (text) =>
  Object.fromEntries([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)].map((hit) => [hit[1], hit[2]]));
const [media, chosen] = [css.indexOf("@media"), css.indexOf('[data-theme="dark"] {')];
const light = colours(css.slice(0, media));
const dark = { ...light, ...colours(css.slice(chosen)) };

function luminance(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const states = ["available", "held", "claiming", "stray", "maintenance", "fault", "inactive"];
const TEXT = [
  ["ink", "paper"],
  ["ink", "surface"],
  ["ink", "brand-wash"],
  ["ink-soft", "paper"],
  ["ink-soft", "surface"],
  ["ink-soft", "sunken"],
  ["ink-soft", "brand-wash"],
  ["brand", "surface"],
  ["brand", "paper"],
  ["brand", "brand-wash"],
  ["on-brand", "brand"],
  ["on-tag", "tag"],
  ["on-tag", "tag-deep"],
  ["danger", "surface"],
  ["danger", "paper"],
  ["danger", "danger-wash"],
  ["surface", "danger"],
  ["warn", "warn-wash"],
  ["paper", "ink"],
  ...states.map((state) => [`on-${state}`, `is-${state}`]),
];
const EDGES = [
  ["line-strong", "surface"],
  ["line-strong", "paper"],
  ["focus", "surface"],
  ["focus", "paper"],
];

for (const [name, set] of [
  ["light", light],
  ["dark", dark],
]) {
  test(`${name}: text has a contrast of 4.5, edges and focus of 3`, () => {
    for (const [a, b] of TEXT)
      assert.ok(contrast(set[a], set[b]) >= 4.5, `${a} on ${b}: ${contrast(set[a], set[b]).toFixed(2)}`);
    for (const [a, b] of EDGES)
      assert.ok(contrast(set[a], set[b]) >= 3, `${a} on ${b}: ${contrast(set[a], set[b]).toFixed(2)}`);
  });
}

test("dark is the same whether the device or the person chose it", () => {
  assert.deepEqual(colours(css.slice(media, chosen)), colours(css.slice(chosen)));
});
