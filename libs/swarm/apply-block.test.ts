import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { applyBlock } from "./apply-block.ts";
import { encodeSwarmState } from "./canonical.ts";
import { SwarmError } from "./swarm-error.ts";
import { UNASSIGNED } from "./swarm-id.ts";
import { emptySwarmState, type SwarmState } from "./swarm-state.ts";
import { blocksOf, sizesOf, statesOf, testBlock, testChains, testNode, testNodes } from "./test-chain.ts";

const whereOf = (state: SwarmState): Map<Pubkey, bigint> =>
  new Map([...state.swarms].flatMap(([id, { members }]) => members.map((node) => [node, id] as const)));

test("after every block each swarm has 5 to 10 members unless it is the lone one", () => {
  fc.assert(
    fc.property(testChains, fc.string(), (events, salt) => {
      for (const state of statesOf(blocksOf(events, salt))) {
        const sizes = sizesOf(state);
        if (sizes.length === 1) assert.ok((sizes[0] as number) >= 1 && (sizes[0] as number) < 12, `lone: ${sizes}`);
        else for (const size of sizes) assert.ok(size >= 5 && size <= 10, `sizes ${sizes}`);
      }
    }),
  );
});

test("every active node is in exactly one swarm and nobody else is in any", () => {
  fc.assert(
    fc.property(testChains, (events) => {
      const blocks = blocksOf(events);
      const active = new Set<Pubkey>();
      statesOf(blocks).forEach((state, index) => {
        for (const node of blocks[index]?.left ?? []) active.delete(node);
        for (const node of blocks[index]?.joined ?? []) active.add(node);
        const seated = [...state.swarms.values()].flatMap(({ members }) => members);
        assert.deepEqual(seated.sort(), [...active].sort());
      });
    }),
  );
});

test("the same chain gives the same map byte for byte, whatever the order of the keys in a block", () => {
  fc.assert(
    fc.property(testChains, (events) => {
      const blocks = blocksOf(events);
      const turned = blocks.map((block) => ({
        ...block,
        joined: block.joined.toReversed(),
        left: block.left.toReversed(),
      }));
      const ends = [blocks, turned].map((chain) => statesOf(chain).at(-1) ?? emptySwarmState).map(encodeSwarmState);
      assert.deepEqual(ends[0], ends[1]);
    }),
  );
});

test("members are in key order, ids ascend and none is the unassigned id", () => {
  fc.assert(
    fc.property(testChains, (events) => {
      for (const state of statesOf(blocksOf(events))) {
        const ids = [...state.swarms.keys()];
        assert.deepEqual(
          ids,
          [...ids].sort((a, b) => (a < b ? -1 : 1)),
        );
        assert.ok(ids.every((id) => id >= 0n && id < UNASSIGNED));
        for (const { members } of state.swarms.values()) assert.deepEqual(members, [...members].sort());
      }
    }),
  );
});

test("a swarm's changed height is that of the last block that changed its members", () => {
  fc.assert(
    fc.property(testChains, (events) => {
      let before = emptySwarmState;
      for (const block of blocksOf(events)) {
        const after = applyBlock(before, block);
        for (const [id, { members, changedHeight }] of after.swarms) {
          const old = before.swarms.get(id);
          const same = old !== undefined && old.members.join() === members.join();
          assert.equal(changedHeight, same ? old.changedHeight : block.height);
        }
        before = after;
      }
    }),
  );
});

test("a state that was given is not changed by applying a block to it", () => {
  const [, state] = statesOf([testBlock(1, testNodes(12)), testBlock(2, testNodes(3, 12))]);
  assert.ok(state);
  const bytes = encodeSwarmState(state);
  applyBlock(state, testBlock(3, testNodes(5, 15), testNodes(9)));
  assert.deepEqual(encodeSwarmState(state), bytes);
});

test("one to eleven nodes make one swarm with id 0", () => {
  for (let count = 1; count <= 11; count++) {
    const [state] = statesOf([testBlock(1, testNodes(count))]);
    assert.deepEqual(
      [...(state as SwarmState).swarms].map(([id, { members }]) => [id, members.length]),
      [[0n, count]],
    );
  }
});

test("a lone swarm grows past ten, and its twelfth node makes it two of five and seven", () => {
  const one = testNodes(12).map((node, index) => testBlock(index + 1, [node]));
  const states = statesOf(one);
  assert.deepEqual(sizesOf(states[10] as SwarmState), [11]);
  assert.deepEqual(sizesOf(states[11] as SwarmState), [5, 7]);
  const [bulk] = statesOf([testBlock(1, testNodes(12))]);
  assert.deepEqual(sizesOf(bulk as SwarmState), [5, 7]);
});

test("with two swarms the next one is made when both are full", () => {
  const states = statesOf(testNodes(20).map((node, index) => testBlock(index + 1, [node])));
  assert.deepEqual(sizesOf(states[18] as SwarmState), [9, 10]);
  const twenty = sizesOf(states[19] as SwarmState);
  assert.equal(twenty.length, 3);
  assert.ok(twenty.includes(7));
});

test("a thousand nodes that join in one block stay within the sizes", () => {
  const [state] = statesOf([testBlock(1, testNodes(1000))]);
  const sizes = sizesOf(state as SwarmState);
  assert.ok((sizes[0] as number) >= 5 && (sizes.at(-1) as number) <= 10);
});

test("a loss that leaves every swarm at five or more moves nobody else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 120 }), fc.nat(), (count, pick) => {
      const [state] = statesOf([testBlock(1, testNodes(count))]) as [SwarmState];
      const donors = [...state.swarms.values()].filter(({ members }) => members.length > 5);
      const leaver = donors[pick % donors.length]?.members[pick % 6] as Pubkey;
      const before = whereOf(state);
      const after = whereOf(applyBlock(state, testBlock(2, [], [leaver])));
      before.delete(leaver);
      assert.deepEqual(after, before);
    }),
  );
});

test("a node that joins moves nobody else while a swarm has room", () => {
  const [state] = statesOf([testBlock(1, testNodes(30))]) as [SwarmState];
  const after = whereOf(applyBlock(state, testBlock(2, [testNode(30)])));
  after.delete(testNode(30));
  assert.deepEqual(after, whereOf(state));
});

test("a node that leaves and comes back in the same block is in one swarm again", () => {
  const [state] = statesOf([testBlock(1, testNodes(24))]) as [SwarmState];
  const after = applyBlock(state, testBlock(2, [testNode(3)], [testNode(3)]));
  assert.equal(whereOf(after).size, 24);
  const [alone] = statesOf([testBlock(1, [testNode(1)])]) as [SwarmState];
  assert.equal(applyBlock(alone, testBlock(2, [testNode(1)], [testNode(1)])), alone);
});

test("leavers that nobody knows and joiners that are already in change nothing", () => {
  const [state] = statesOf([testBlock(1, testNodes(24))]) as [SwarmState];
  assert.equal(applyBlock(state, testBlock(2, [testNode(5), testNode(5)], [testNode(99)])), state);
  assert.equal(applyBlock(emptySwarmState, testBlock(2, [], [testNode(99)])), emptySwarmState);
});

test("when everybody leaves no swarm is left, and the next node founds one", () => {
  const [, empty, again] = statesOf([
    testBlock(1, testNodes(14)),
    testBlock(2, [], testNodes(14)),
    testBlock(3, [testNode(20)]),
  ]) as [SwarmState, SwarmState, SwarmState];
  assert.deepEqual([empty.swarms.size, empty.height], [0, 2n]);
  assert.deepEqual([...again.swarms.keys()], [0n]);
});

test("a block out of order, a short hash and senseless parameters are refused", () => {
  const [state] = statesOf([testBlock(5, testNodes(3))]) as [SwarmState];
  const refused = (code: string) => (error: unknown) => error instanceof SwarmError && error.code === code;
  assert.throws(() => applyBlock(state, testBlock(5, testNodes(1, 9))), refused("out-of-order"));
  assert.throws(() => applyBlock(state, { ...testBlock(6, []), hash: Buffer.alloc(8) }), refused("bad-block"));
  const upsideDown = { minimum: 7, target: 7, maximum: 10 };
  assert.throws(() => applyBlock(state, testBlock(6, []), upsideDown), refused("bad-parameters"));
});

test("other sizes hold too", () => {
  fc.assert(
    fc.property(testChains, (events) => {
      for (const state of statesOf(blocksOf(events), { minimum: 2, target: 3, maximum: 5 })) {
        const sizes = sizesOf(state);
        if (sizes.length > 1) for (const size of sizes) assert.ok(size >= 2 && size <= 5, `sizes ${sizes}`);
      }
    }),
  );
});
