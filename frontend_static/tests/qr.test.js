import { test } from "node:test";
import assert from "node:assert/strict";
import { outline } from "../js/parts/qr.js";

test("a QR code has its three corners, a quiet zone of four, and grows with its text", () => {
  const { path, size } = outline("https://shop.example/e/ABCD-EFGH-JKLM");
  const dark = new Set([...path.matchAll(/M(\d+) (\d+)h/g)].map((hit) => `${hit[1]},${hit[2]}`));
  const last = size - 1 - 4;
  for (const [x, y] of [
    [4, 4],
    [last, 4],
    [4, last],
  ])
    assert.ok(dark.has(`${x},${y}`), `${x},${y}`);
  assert.ok([...dark].every((at) => at.split(",").every((n) => n >= 4 && n <= last)));
  assert.ok(outline("x".repeat(200)).size > size);
});
