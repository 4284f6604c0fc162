import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import type { LinkState } from "@swarmpost/rpc";
import { ManualClock } from "@swarmpost/runtime";
import { Absences } from "./absences.ts";

const { pubkey } = nodeKeysFromSeed(generateSeed());

function absences() {
  const clock = new ManualClock();
  const link: { state: LinkState } = { state: "up" };
  return { clock, link, absences: new Absences({ links: { state: () => link.state }, clock }) };
}

test("a member that leaves is asked as long as its link is up, and not waited for after that", () => {
  const { absences: each, link } = absences();
  assert.equal(each.isAway(pubkey), false);
  each.leave(pubkey);
  assert.equal(each.isAway(pubkey), false);
  for (const state of ["idle", "connecting", "down"] as const) {
    link.state = state;
    assert.equal(each.isAway(pubkey), true);
  }
  link.state = "up";
  assert.equal(each.isAway(pubkey), false);
});

test("a member is back when it says so, and after two minutes at the latest", () => {
  const { absences: each, link, clock } = absences();
  link.state = "connecting";
  each.leave(pubkey);
  each.back(pubkey);
  assert.equal(each.isAway(pubkey), false);
  each.leave(pubkey);
  clock.advance(119_999);
  assert.equal(each.isAway(pubkey), true);
  clock.advance(1);
  assert.equal(each.isAway(pubkey), false);
});
