import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeSwarmState, encodeSwarmState, mapHash } from "./canonical.ts";
import { SwarmError } from "./swarm-error.ts";
import { emptySwarmState } from "./swarm-state.ts";
import { blocksOf, statesOf, testBlock, testChains, testNodes } from "./test-chain.ts";
import { applyBlock } from "./apply-block.ts";

const refused = (error: unknown): boolean => error instanceof SwarmError && error.code === "bad-checkpoint";

test("a state survives encoding and goes on from there to the same map", () => {
  fc.assert(
    fc.property(testChains, fc.nat(), (events, pick) => {
      const blocks = blocksOf(events);
      const states = statesOf(blocks);
      const at = blocks.length === 0 ? 0 : pick % blocks.length;
      let state = decodeSwarmState(encodeSwarmState(states[at] ?? emptySwarmState));
      for (const block of blocks.slice(at + 1)) state = applyBlock(state, block);
      assert.deepEqual(encodeSwarmState(state), encodeSwarmState(states.at(-1) ?? emptySwarmState));
    }),
  );
});

test("the hash of a known chain never changes", () => {
  const [, state] = statesOf([testBlock(1, testNodes(14)), testBlock(2, testNodes(9, 14), testNodes(6))]);
  assert.ok(state);
  assert.equal(
    mapHash(emptySwarmState).toString("hex"),
    "340c64ca01920bb69def68774e15dcded71e54854b8269c9a92912cf9d5938eb",
  );
  assert.equal(mapHash(state).toString("hex"), "d2e9b32393c9f6d28ca2d6eeb0ec20254269db2eaf9329e1797172eb38844395");
});

test("bytes that are cut, longer or turned round are no checkpoint", () => {
  const [state] = statesOf([testBlock(1, testNodes(14))]);
  assert.ok(state);
  const bytes = encodeSwarmState(state);
  for (let length = 0; length < bytes.length; length += 7)
    assert.throws(() => decodeSwarmState(bytes.subarray(0, length)), refused);
  assert.throws(() => decodeSwarmState(Buffer.concat([bytes, Buffer.of(0)])), refused);
  const swapped = Buffer.from(bytes);
  swapped.set(bytes.subarray(65, 97), 97);
  swapped.set(bytes.subarray(97, 129), 65);
  assert.throws(() => decodeSwarmState(swapped), refused);
});
