import { test } from "node:test";
import assert from "node:assert/strict";
import { matches } from "../js/frame/matching.js";
import { landingOf, onlyBranchOf, placesFor, sameOf } from "../js/frame/places.js";

const who = (...roles) => ({
  is_platform_admin: false,
  roles: roles.map(([role, chain, branch = null]) => ({ role, chain, branch })),
  withheld_roles: [],
});
const ADMIN = { is_platform_admin: true, roles: [], withheld_roles: [] };
const HERE = { branch: "B-1", chain: "mart" };
const keys = (me, where = HERE) => placesFor(me, where).map((one) => one.key);

test("each role is offered what it may open, in the order of a day's work", () => {
  const branch = ["map", "orders", "exit", "devices", "office", "till"];
  assert.deepEqual(keys(who(["staff", "mart", "B-1"])), branch);
  assert.deepEqual(keys(who(["manager", "mart", "B-1"])), [...branch, "catalogue", "people"]);
  assert.deepEqual(keys(who(["chain_admin", "mart"])), [...branch, "catalogue", "people", "chain"]);
  assert.deepEqual(keys(ADMIN), [...branch, "catalogue", "people", "chain", "admin"]);
});

test("who works elsewhere, or nowhere, is offered nothing of a branch", () => {
  assert.deepEqual(keys(who()), []);
  assert.deepEqual(keys(who(["manager", "mart", "B-2"])), ["catalogue", "people"]);
  assert.deepEqual(keys(who(["chain_admin", "another"])), []);
});

test("a name with marks of its own stays one name in an address", () => {
  const [map] = placesFor(ADMIN, { branch: "A/B 1", chain: null });
  assert.equal(map.href, "/branch/A%2FB%201");
});

test("another branch is shown on the same page, and a thing of this one is not taken along", () => {
  assert.equal(sameOf("/branch/B-1", "B-2"), "/branch/B-2");
  assert.equal(sameOf("/branch/B-1/orders", "B-2"), "/branch/B-2/orders");
  assert.equal(sameOf("/branch/B-1/devices/0196-some-pi", "B-2"), "/branch/B-2/devices");
  assert.equal(sameOf("/catalogue", "B-2"), "/branch/B-2");
});

test("who signs in lands where they work", () => {
  assert.equal(landingOf(who(["staff", "mart", "B-1"], ["manager", "mart", "B-1"])), "/branch/B-1");
  assert.equal(landingOf(who(["staff", "mart", "B-1"], ["staff", "mart", "B-2"])), "/#branches");
  assert.equal(landingOf(who(["chain_admin", "mart"])), "/#branches");
  assert.equal(landingOf(ADMIN), "/#branches");
  assert.equal(landingOf(who()), "/shop");
  const waiting = [{ role: "manager", chain: "mart", branch: "B-1" }];
  assert.equal(landingOf({ ...who(), withheld_roles: waiting }), "/account#second-factor");
  assert.equal(onlyBranchOf(who(["staff", "mart", "B-1"], ["chain_admin", "mart"])), null);
});

test("every word that is typed has to be found, whatever the case and the accents", () => {
  assert.equal(matches("jaya beng", "Demo Mart Jayanagar", "BRANCH-002", "Bengaluru"), true);
  assert.equal(matches("creme", "Crème fraîche"), true);
  assert.equal(matches("jaya delhi", "Demo Mart Jayanagar", null, undefined), false);
  assert.equal(matches("", "anything"), true);
});
