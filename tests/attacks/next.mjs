// Where the sign-in page goes afterwards, whatever an address says.
import { test } from "node:test";
import assert from "node:assert/strict";
import { safeNext } from "../../frontend_static/js/next.js";

const HOME = "https://shop.example";

test("an address of this site is gone to, with its query", () => {
  assert.equal(safeNext("", HOME), "/");
  assert.equal(safeNext("?next=/branch/BRANCH-001?tab=stock", HOME), "/branch/BRANCH-001?tab=stock");
  assert.equal(safeNext("?next=%2Fshop%2F", HOME), "/shop/");
  assert.equal(safeNext("?next=https://shop.example/shop", HOME), "/shop");
});

for (const away of [
  "//evil.example",
  "/%09/evil.example",
  "/%0a/evil.example",
  "/%0d%0a/evil.example",
  "%09//evil.example",
  "/%5Cevil.example",
  "%5C%5Cevil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2Fevil.example",
  "https://evil.example/shop",
  "https:evil.example",
  "https://shop.example@evil.example/",
  "https://shop.example.evil.example/",
  "javascript:alert(1)",
  "data:text/html,x",
  "http://[",
])
  test(`${away} leads nowhere else`, () => {
    const next = safeNext(`?next=${away}`, HOME);
    const reached = new URL(next, HOME);
    assert.equal(reached.origin, HOME);
    assert.ok(next.startsWith("/") && !next.startsWith("//"), next);
  });
