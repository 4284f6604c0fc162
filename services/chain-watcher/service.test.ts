import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { randomBytes } from "@swarmpost/crypto";
import { RegistryBlockSchema, type RegistryBlock, RegistryChangedSchema } from "@swarmpost/protos";
import { developmentKey, exitNode, leaveNetwork, registerNodes, requestUnlock } from "@swarmpost/staking";
import { mineBlocks, someNodes, startTestChain, type TestChain } from "@swarmpost/staking/test-chain.ts";
import { eventually } from "@swarmpost/testkit";
import { registerFresh, type Servers, startServers, type TestWatcher } from "./testing/watcher-fixture.ts";

let servers: Servers;
let chain: TestChain;
before(async () => {
  [servers, chain] = await Promise.all([startServers(), startTestChain()]);
});
after(async () => {
  await chain[Symbol.asyncDispose]();
  await servers[Symbol.asyncDispose]();
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** All blocks with changes up to the watcher's head, as bytes. */
async function changedBlocks(watcher: TestWatcher, fromHeight = 0n): Promise<RegistryBlock[]> {
  const { height } = await watcher.registry();
  const blocks: RegistryBlock[] = [];
  for await (const { block } of watcher.client.watchBlocks({ fromHeight })) {
    assert.ok(block);
    if (block.joined.length + block.left.length > 0) blocks.push(block);
    if (block.height >= height) break;
  }
  return blocks;
}

test("a registered node appears in the registry, on the bus and in the stream of blocks", async () => {
  await using watcher = await servers.watcher(chain, await servers.database());
  const published: RegistryBlock["joined"][] = [];
  await using _ = await servers.bus.subscribe("swarmpost.chain.registry", (payload) => {
    published.push(fromBinary(RegistryChangedSchema, payload).registry?.nodes ?? []);
  });
  const { nodes: earlier } = await eventually(() => watcher.registry());
  const [event] = await registerFresh(chain, 1);
  assert.ok(event);
  const { nodes, chainId, contract, height } = await watcher.nodes(earlier.length + 1);
  assert.equal(chainId, 31337n);
  assert.equal(`0x${hex(contract)}`, chain.target.contract.toLowerCase());
  assert.ok(height >= event.height);
  const keys = nodes.map((node) => hex(node.pubkey));
  assert.deepEqual(keys, [...keys].sort());
  const node = nodes.find((each) => hex(each.pubkey) === event.nodeKey);
  assert.equal(node?.registrationHeight, event.height);
  assert.equal(`0x${hex(node?.operator ?? Buffer.alloc(0))}`, event.operator.toLowerCase());
  assert.equal(BigInt(`0x${hex(node?.stake ?? Buffer.alloc(1))}`), event.stake);
  await eventually(() => published.some((each) => each.some((one) => hex(one.pubkey) === event.nodeKey)));
  const block = (await changedBlocks(watcher)).find((each) => each.height === event.height);
  assert.deepEqual(
    block?.joined.map((each) => hex(each.pubkey)),
    [event.nodeKey],
  );
  assert.equal(`0x${hex(block?.hash ?? Buffer.alloc(0))}`, event.blockHash);
  assert.deepEqual(watcher.runtime.health.reasons(), []);
});

test("a registration that the node key did not sign counts for nothing", async () => {
  await using watcher = await servers.watcher(chain, await servers.database());
  const [node] = someNodes(1);
  assert.ok(node);
  const forged = { nodeKey: node.pubkey, signature: randomBytes(64) };
  const squatter = { ...chain.target, operatorKey: developmentKey(8), minterKey: chain.minterKey };
  await registerNodes({ ...squatter, nodes: [forged] });
  const [rightful] = await registerNodes({ ...squatter, operatorKey: developmentKey(9), nodes: [node] });
  const found = await eventually(async () => {
    const { nodes } = await watcher.registry();
    return nodes.find((each) => hex(each.pubkey) === node.pubkey) ?? false;
  });
  assert.equal(`0x${hex(found.operator)}`, rightful?.operator.toLowerCase());
  assert.equal(await watcher.metric("swarmpost_chain_watcher_registrations_ignored_total"), 1);
});

test("of two registrations of one key the first counts, and the second takes over in the block of its exit", async () => {
  await using watcher = await servers.watcher(chain, await servers.database());
  const nodes = someNodes(1);
  const minterKey = chain.minterKey;
  const [first] = await registerNodes({ ...chain.target, operatorKey: developmentKey(2), minterKey, nodes });
  const [second] = await registerNodes({ ...chain.target, operatorKey: developmentKey(3), minterKey, nodes });
  assert.ok(first && second);
  const own = { ...chain.target, operatorKey: developmentKey(2), id: first.id };
  const requested = await requestUnlock(own);
  const entry = async () => (await watcher.registry()).nodes.find((node) => hex(node.pubkey) === first.nodeKey);
  await eventually(async () => (await entry())?.requestedUnlockHeight === requested);
  await mineBlocks(chain.anvil, 3);
  const exited = await exitNode(own);
  await eventually(
    async () => `0x${hex((await entry())?.operator ?? Buffer.alloc(0))}` === second.operator.toLowerCase(),
  );
  const block = (await changedBlocks(watcher, exited)).find((each) => each.height === exited);
  assert.deepEqual(block?.left.map(hex), [first.nodeKey]);
  assert.deepEqual(
    block?.joined.map((each) => hex(each.pubkey)),
    [first.nodeKey],
  );
});

test("a restarted watcher serves what it kept and goes on from its cursor", async () => {
  const database = await servers.database();
  const kept = await (async () => {
    const events = await registerFresh(chain, 2);
    await using watcher = await servers.watcher(chain, database);
    return await watcher.reaches(events[1]?.height ?? 0n);
  })();
  {
    const unreachable = { CHAIN_RPC_URLS: "http://127.0.0.1:9" };
    await using watcher = await servers.watcher(chain, database, unreachable);
    assert.deepEqual(await watcher.registry(), kept);
  }
  await registerFresh(chain, 1);
  await using watcher = await servers.watcher(chain, database);
  await watcher.nodes(kept.nodes.length + 1);
  const registered = 'swarmpost_chain_watcher_events_total{kind="registered"}';
  assert.equal(await watcher.metric(registered), 1, "only what is new was read from the chain");
});

test("a stream of blocks has no gap between what was and what comes, and ends with its caller", async () => {
  await using watcher = await servers.watcher(chain, await servers.database());
  const stop = new AbortController();
  const joined = new Set<string>();
  let height = -1n;
  const reading = (async () => {
    for await (const { block } of watcher.client.watchBlocks({}, { signal: stop.signal })) {
      assert.ok(block && block.height > height, "heights only ascend");
      height = block.height;
      for (const node of block.joined) joined.add(hex(node.pubkey));
      for (const key of block.left)
        if (!block.joined.some((node) => hex(node.pubkey) === hex(key))) joined.delete(hex(key));
    }
  })();
  const ended = assert.rejects(reading, (error) => (error as { code?: string }).code === "cancelled");
  for (let round = 0; round < 4; round++) await registerFresh(chain, 2);
  await eventually(async () => {
    const { nodes } = await watcher.registry();
    return nodes.length === joined.size && nodes.every((node) => joined.has(hex(node.pubkey)));
  });
  const streams = "swarmpost_chain_watcher_watch_streams";
  assert.equal(await watcher.metric(streams), 1);
  stop.abort();
  await ended;
  await eventually(async () => (await watcher.metric(streams)) === 0);
});

test("two watchers of one chain give the same blocks, byte for byte, however they read it", async () => {
  const [event] = await registerFresh(chain, 1, 4);
  assert.ok(event);
  await registerFresh(chain, 3, 4);
  const exited = await leaveWhileMining(event.id, 4);
  await using wide = await servers.watcher(chain, await servers.database());
  await using narrow = await servers.watcher(chain, await servers.database(), { CHAIN_LOG_RANGE_BLOCKS: "1" });
  await Promise.all([wide.reaches(exited), narrow.reaches(exited)]);
  const [one, other] = [await changedBlocks(wide), await changedBlocks(narrow)].map((blocks) =>
    blocks.map((block) => hex(toBinary(RegistryBlockSchema, block))),
  );
  assert.ok((one?.length ?? 0) > 3);
  assert.deepEqual(one, other);
});

/** Leaves on a chain that makes no blocks by itself. */
async function leaveWhileMining(id: bigint, operator: number): Promise<bigint> {
  let exited: bigint | undefined;
  const leaving = leaveNetwork({ ...chain.target, operatorKey: developmentKey(operator), id }).then((height) => {
    exited = height;
    return height;
  });
  await eventually(async () => {
    await mineBlocks(chain.anvil, 1);
    return exited !== undefined;
  });
  return await leaving;
}
