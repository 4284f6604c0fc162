import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSwarmState } from "@swarmpost/swarm";
import * as fc from "fast-check";
import { ChainMap } from "./chain-map.ts";
import { CoordinatorError } from "./errors.ts";
import type { StoredMaps } from "./map-store.ts";
import { TestChain, testNodes } from "./test-chain-server.ts";

/** Follows a chain from where the stored maps end; `until` is the last height taken. */
function followed(chain: TestChain, stored?: StoredMaps, until = chain.height): ChainMap {
  const map = new ChainMap(stored);
  map.begin(chain.registry());
  const from = map.fromHeight;
  for (const block of chain.blocks) if (block.height >= from && block.height <= until) map.take(block);
  return map;
}

const refused = (code: string) => (error: unknown) => error instanceof CoordinatorError && error.code === code;

test("a map followed from a checkpoint is the map followed from genesis, byte for byte", () => {
  const events = fc.array(fc.record({ joins: fc.nat(12), leaves: fc.nat(9) }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(events, fc.nat(), (blocks, pick) => {
      const chain = new TestChain();
      let [made, gone] = [0, 0];
      for (const { joins, leaves } of blocks) {
        const left = Math.min(leaves, made - gone);
        chain.add(testNodes(joins, made), testNodes(left, gone));
        [made, gone] = [made + joins, gone + left];
      }
      const genesis = followed(chain).history;
      const half = followed(chain, undefined, BigInt(pick % blocks.length) + 1n);
      const resumed = followed(chain, half.stored).history;
      assert.deepEqual(encodeSwarmState(resumed.current), encodeSwarmState(genesis.current));
      assert.deepEqual(
        resumed.previous && encodeSwarmState(resumed.previous),
        genesis.previous && encodeSwarmState(genesis.previous),
      );
    }),
    { numRuns: 40 },
  );
});

test("a block that the stored map ends with and that has another hash is a contradiction", () => {
  const [here, elsewhere] = [new TestChain("a"), new TestChain("b")];
  for (const chain of [here, elsewhere]) chain.add(testNodes(12));
  const { stored } = followed(here);
  assert.throws(() => followed(elsewhere, stored), refused("chain-contradicts"));
});

test("a chain that has later blocks but not the one the stored map ends with is a contradiction", () => {
  const here = new TestChain();
  here.add(testNodes(12));
  const { stored } = followed(here);
  const elsewhere = new TestChain();
  elsewhere.add();
  elsewhere.add(testNodes(12));
  const map = new ChainMap(stored);
  map.begin(elsewhere.registry());
  assert.throws(() => map.take(elsewhere.blocks[1]), refused("chain-contradicts"));
});

test("another contract or another chain id is a contradiction", () => {
  const chain = new TestChain();
  chain.add(testNodes(3));
  const { stored } = followed(chain);
  for (const other of [{ chainId: 1n }, { contract: Buffer.alloc(20, 2) }])
    assert.throws(() => new ChainMap(stored).begin({ ...chain.registry(), ...other }), refused("chain-contradicts"));
});

test("a chain-watcher that reads its chain again and is behind the map contradicts nothing", () => {
  const chain = new TestChain();
  chain.add(testNodes(3));
  chain.add(testNodes(9, 3));
  const map = new ChainMap(followed(chain).stored);
  map.begin({ ...chain.registry(), height: 1n, nodes: [] });
  assert.equal(map.take(chain.blocks[0]), false);
  assert.equal(map.upToDate, false);
  map.take(chain.blocks[1]);
  assert.equal(map.upToDate, true);
});

test("a map is up to date when it holds the registry's nodes, or when the head has reached the registry's height", () => {
  const chain = new TestChain();
  assert.equal(followed(chain).upToDate, true);
  chain.add(testNodes(12));
  chain.add();
  assert.equal(followed(chain, undefined, 1n).upToDate, true);
  assert.equal(followed(chain, undefined, 0n).upToDate, false);
});

test("answers that are no registry, no block or hold no keys are refused and change nothing", () => {
  const chain = new TestChain();
  chain.add(testNodes(12));
  const map = followed(chain);
  const before = map.history;
  assert.throws(() => map.begin(undefined), refused("bad-registry"));
  assert.throws(() => map.take(undefined), refused("bad-registry"));
  const block = { ...chain.blocks[0], height: 9n, left: [Buffer.alloc(31)] } as never;
  assert.throws(() => map.take(block), refused("bad-registry"));
  assert.equal(map.history, before);
});
