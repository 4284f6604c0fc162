import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@swarmpost/runtime";
import { compareStamps, StampClock } from "./stamp.ts";

const low = Buffer.alloc(32, 1);
const high = Buffer.alloc(32, 2);

test("the later stamp wins by time, then by node key", () => {
  assert.ok(compareStamps({ ms: 2, node: low }, { ms: 1, node: high }) > 0);
  assert.ok(compareStamps({ ms: 1, node: low }, { ms: 1, node: high }) < 0);
  assert.equal(compareStamps({ ms: 1, node: low }, { ms: 1, node: low }), 0);
});

test("a store after a delete of the same node is later, even when the clock stands or goes back", () => {
  const clock = new ManualClock(1_000);
  const stamps = new StampClock(low, clock);
  const deleted = stamps.forDelete();
  clock.advance(-500);
  assert.ok(stamps.forStore().ms > deleted.ms);
});

test("stores of one moment share their stamp: load does not push the clock ahead", () => {
  const stamps = new StampClock(low, new ManualClock(1_000));
  for (let i = 0; i < 1_000; i++) assert.equal(stamps.forStore().ms, 1_000);
});

test("a stamp from the future is passed once and not kept", () => {
  const stamps = new StampClock(low, new ManualClock(1_000));
  assert.equal(stamps.forStore(50_000).ms, 50_001);
  assert.equal(stamps.forDelete(50_000).ms, 50_000);
  assert.ok(stamps.forStore().ms < 2_000);
});
