import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pubkey, pubkey } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { type JudgedEvent, type Registration, RegistryState } from "./registry-state.ts";

const operator = `0x${"22".repeat(20)}` as const;
const key = (index: number): Pubkey => pubkey(Buffer.alloc(32, index + 1));

function place(height: bigint, id: bigint, node: number) {
  return { height, blockHash: `0x${height}` as const, logIndex: 0, id, nodeKey: key(node), operator };
}
function registered(height: bigint, id: bigint, node: number, valid = true): JudgedEvent {
  return { event: { ...place(height, id, node), kind: "registered", stake: 5n, signature: Buffer.alloc(64) }, valid };
}
function unlockRequested(height: bigint, id: bigint, node: number): JudgedEvent {
  return { event: { ...place(height, id, node), kind: "unlock-requested", unlocksAt: height }, valid: true };
}
function exited(height: bigint, id: bigint, node: number): JudgedEvent {
  return { event: { ...place(height, id, node), kind: "exited", stake: 5n }, valid: true };
}
const ids = (registrations: readonly Registration[]) => registrations.map((each) => each.id);

test("nodes join in the order of the chain and are listed by key", () => {
  const state = new RegistryState();
  const change = state.applyBlock([registered(1n, 1n, 7), registered(1n, 2n, 3)]);
  assert.deepEqual(ids(change.joined), [1n, 2n]);
  assert.deepEqual(ids(state.nodes()), [2n, 1n]);
});

test("a request to unlock changes the entry and nothing else", () => {
  const state = new RegistryState();
  state.applyBlock([registered(1n, 1n, 0)]);
  assert.deepEqual(state.applyBlock([unlockRequested(4n, 1n, 0)]), { joined: [], left: [] });
  assert.equal(state.active(key(0))?.unlockRequestedAt, 4n);
});

test("a node that leaves and joins in one block is in both lists", () => {
  const state = new RegistryState();
  state.applyBlock([registered(1n, 1n, 0)]);
  const change = state.applyBlock([exited(2n, 1n, 0), registered(2n, 2n, 0)]);
  assert.deepEqual(change.left, [key(0)]);
  assert.deepEqual(ids(change.joined), [2n]);
});

test("a node that joins and leaves in one block is in neither list", () => {
  const state = new RegistryState();
  assert.deepEqual(state.applyBlock([registered(1n, 1n, 0), exited(1n, 1n, 0)]), { joined: [], left: [] });
  assert.deepEqual(state.nodes(), []);
});

test("a registration that was not signed neither counts nor hides a signed one, and its exit is no exit of the node", () => {
  const state = new RegistryState();
  assert.deepEqual(state.applyBlock([registered(1n, 1n, 0, false)]), { joined: [], left: [] });
  assert.deepEqual(ids(state.applyBlock([registered(2n, 2n, 0)]).joined), [2n]);
  assert.deepEqual(state.applyBlock([exited(3n, 1n, 0)]), { joined: [], left: [] });
  assert.deepEqual(ids(state.nodes()), [2n]);
});

test("when the first registration of a key exits, the next by id takes over, unlocking or not", () => {
  const state = new RegistryState();
  state.applyBlock([registered(1n, 1n, 0), registered(1n, 2n, 0), registered(1n, 3n, 0)]);
  state.applyBlock([unlockRequested(2n, 2n, 0)]);
  const change = state.applyBlock([exited(5n, 1n, 0)]);
  assert.deepEqual(change.left, [key(0)]);
  assert.deepEqual(
    change.joined.map((each) => [each.id, each.unlockRequestedAt, each.registeredAt]),
    [[2n, 2n, 1n]],
  );
  assert.deepEqual(state.applyBlock([exited(6n, 3n, 0)]), { joined: [], left: [] });
});

const action = fc.record({ exit: fc.boolean(), node: fc.nat(3), valid: fc.boolean(), pick: fc.nat(20) });

/** A possible history: blocks of registrations and of exits of what is still staked. */
function history(blocks: readonly (readonly { exit: boolean; node: number; valid: boolean; pick: number }[])[]) {
  const staked: { id: bigint; node: number }[] = [];
  let lastId = 0n;
  return blocks.map((actions, index) =>
    actions.map(({ exit, node, valid, pick }): JudgedEvent => {
      const height = BigInt(index + 1);
      const gone = exit && staked.length > 0 ? staked.splice(pick % staked.length, 1)[0] : undefined;
      if (gone !== undefined) return exited(height, gone.id, gone.node);
      staked.push({ id: ++lastId, node });
      return registered(height, lastId, node, valid);
    }),
  );
}

test("the changes of the blocks, leavers first, always add up to the registry", () => {
  const blocks = fc.array(fc.array(action, { maxLength: 6 }), { maxLength: 20 });
  const property = fc.property(blocks, (actions) => {
    const state = new RegistryState();
    const sum = new Map<Pubkey, bigint>();
    for (const events of history(actions)) {
      const { joined, left } = state.applyBlock(events);
      for (const gone of left) assert.ok(sum.delete(gone), "only what was there can leave");
      for (const { nodeKey, id } of joined) {
        assert.ok(!sum.has(nodeKey), "a key joins once");
        sum.set(nodeKey, id);
      }
      assert.deepEqual(new Map(state.nodes().map((node) => [node.nodeKey, node.id])), new Map([...sum].sort()));
    }
  });
  fc.assert(property);
});
