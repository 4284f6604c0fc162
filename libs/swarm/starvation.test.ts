import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { applyBlock } from "./apply-block.ts";
import { type SwarmId, swarmId } from "./swarm-id.ts";
import type { SwarmMembers, SwarmState } from "./swarm-state.ts";
import { sizesOf, testBlock, testNodes } from "./test-chain.ts";

/** A state with swarms of the given sizes; ids are spread over the ring in the order given. */
function withSizes(...sizes: number[]): SwarmState {
  let made = 0;
  const swarms = new Map<SwarmId, SwarmMembers>();
  sizes.forEach((size, index) => {
    const members = testNodes(size, made).sort();
    made += size;
    swarms.set(swarmId(BigInt(index) * 2n ** 60n), { members, changedHeight: 1n });
  });
  return { height: 1n, blockHash: Buffer.alloc(32), swarms };
}

const membersAt = (state: SwarmState, index: number): Pubkey[] => [
  ...(state.swarms.get(swarmId(BigInt(index) * 2n ** 60n))?.members ?? []),
];

test("a starving swarm is filled to five from larger ones and keeps its own members", () => {
  const state = withSizes(7, 7, 5);
  const left = membersAt(state, 2).slice(0, 2);
  const after = applyBlock(state, testBlock(2, [], left));
  assert.equal(after.swarms.size, 3);
  assert.equal(membersAt(after, 2).length, 5);
  for (const stayed of membersAt(state, 2).slice(2)) assert.ok(membersAt(after, 2).includes(stayed));
});

test("no swarm is taken below five to feed another", () => {
  const after = applyBlock(withSizes(6, 6, 5), testBlock(2, [], membersAt(withSizes(6, 6, 5), 2).slice(0, 2)));
  assert.deepEqual(sizesOf(after), [5, 5, 5]);
});

test("a swarm whose whole deficit cannot be covered dissolves without taking anybody", () => {
  const state = withSizes(6, 5, 5);
  const after = applyBlock(state, testBlock(2, [], membersAt(state, 2).slice(0, 2)));
  assert.equal(after.swarms.size, 2);
  for (const index of [0, 1])
    for (const stayed of membersAt(state, index)) assert.ok(membersAt(after, index).includes(stayed));
  assert.deepEqual(sizesOf(after), [7, 7]);
});

test("joiners of the same block can save a swarm from dissolving", () => {
  const state = withSizes(5, 5, 5);
  const after = applyBlock(state, testBlock(2, testNodes(2, 50), membersAt(state, 1).slice(0, 2)));
  assert.deepEqual([sizesOf(after), after.swarms.size], [[5, 5, 5], 3]);
});

test("the hungriest swarm is served first, and its members may save the next", () => {
  const state = withSizes(5, 5, 5, 5);
  const left = [...membersAt(state, 0).slice(0, 1), ...membersAt(state, 3).slice(0, 2)];
  const after = applyBlock(state, testBlock(2, [], left));
  assert.equal(membersAt(after, 3).length, 0, "the one with three members dissolved");
  assert.deepEqual([after.swarms.size, membersAt(after, 0).length >= 5], [3, true]);
});

test("equally hungry swarms are served by ascending id", () => {
  const state = withSizes(5, 5, 7);
  const left = [0, 1].flatMap((index) => membersAt(state, index).slice(0, 2));
  const after = applyBlock(state, testBlock(2, [], left));
  assert.ok(membersAt(after, 0).length >= 5, "the lower id took the two nodes there were");
  assert.equal(membersAt(after, 1).length, 0, "the higher id dissolved");
  assert.deepEqual(sizesOf(after), [6, 7]);
});

test("the last swarm never dissolves, however small", () => {
  const state = withSizes(5, 5);
  const left = [0, 1].flatMap((index) => membersAt(state, index).slice(0, 4));
  assert.deepEqual(sizesOf(applyBlock(state, testBlock(2, [], left))), [2]);
});

test("a swarm that lost all its members is refilled when the others can spare five", () => {
  const state = withSizes(10, 9, 5);
  const after = applyBlock(state, testBlock(2, [], membersAt(state, 2)));
  assert.deepEqual([sizesOf(after).length, membersAt(after, 2).length], [3, 5]);
});

test("dissolving into one swarm that becomes large enough makes a second at once", () => {
  const state = withSizes(10, 5);
  const after = applyBlock(
    state,
    testBlock(2, [], [...membersAt(state, 0).slice(0, 1), ...membersAt(state, 1).slice(0, 1)]),
  );
  assert.deepEqual(sizesOf(after), [5, 8], "four spare nodes cover a deficit of one");
  const drained = withSizes(9, 5, 5);
  const left = [1, 2].flatMap((index) => membersAt(drained, index).slice(0, 4));
  const regrown = applyBlock(drained, testBlock(2, testNodes(3, 60), left));
  assert.ok(regrown.swarms.size >= 1 && sizesOf(regrown).every((size) => size >= 5));
});
