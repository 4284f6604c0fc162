import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { SetAside } from "./set-aside.ts";

const target = nodeKeysFromSeed(generateSeed()).pubkey;

function at(nowMs: number, mapHash = "a"): { nowMs: number; mapHash: string } {
  return { nowMs, mapHash };
}

test("refused frames are stepped over, and tried again ever later", () => {
  const aside = new SetAside(100);
  aside.add(target, { last: 64n, count: 0 }, at(0));
  assert.equal(aside.after(target, at(0)), 0n, "nothing was refused: the next look begins at the start");
  aside.add(target, { last: 64n, count: 60 }, at(0));
  aside.add(target, { last: 128n, count: 3 }, at(1));
  assert.deepEqual([aside.after(target, at(99)), aside.size], [128n, 63]);
  assert.equal(aside.after(target, at(100)), 0n);
  aside.add(target, { last: 64n, count: 2 }, at(100));
  assert.deepEqual([aside.after(target, at(299)), aside.after(target, at(300)), aside.size], [64n, 0n, 2]);
});

test("a new map, or the member's return, has them tried at once", () => {
  const aside = new SetAside(100);
  aside.add(target, { last: 7n, count: 1 }, at(0));
  assert.equal(aside.after(target, at(1, "b")), 0n);
  assert.equal(aside.after(target, at(1)), 7n);
  aside.forget(target);
  assert.deepEqual([aside.after(target, at(1)), aside.size], [0n, 0]);
});
