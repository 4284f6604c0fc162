import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAnvil, temporaryFolder } from "@swarmpost/testkit";
import { anvilCall, mineBlocks, startTestChain, type TestChain } from "@swarmpost/staking/test-chain.ts";
import { join } from "node:path";
import { startRpcProxy } from "./testing/rpc-proxy.ts";
import { registerFresh, type Servers, startServers } from "./testing/watcher-fixture.ts";

let servers: Servers;
before(async () => {
  servers = await startServers();
});
after(() => servers[Symbol.asyncDispose]());

/** Replaces the newest blocks by others: `depth` of them, empty. */
async function reorg(chain: TestChain, depth: number): Promise<void> {
  await anvilCall(chain.anvil, "anvil_reorg", [depth, []]);
}

test("a reorg within the contract's finality is never seen", async () => {
  await using chain = await startTestChain({ finalityBlocks: 5 });
  await using watcher = await servers.watcher(chain, await servers.database());
  await registerFresh(chain, 2);
  await mineBlocks(chain.anvil, 5);
  await watcher.nodes(2);
  await registerFresh(chain, 1); // mint, approve and register take the three newest blocks
  await reorg(chain, 4);
  await mineBlocks(chain.anvil, 10);
  await registerFresh(chain, 3);
  await mineBlocks(chain.anvil, 5);
  const { nodes } = await watcher.nodes(5);
  assert.equal(new Set(nodes.map((node) => Buffer.from(node.pubkey).toString("hex"))).size, 5);
  assert.deepEqual(watcher.runtime.health.reasons(), []);
});

test("a reorg past finality stops the watcher with a reason, and the last registry is still served", async () => {
  await using chain = await startTestChain({ finalityBlocks: 2 });
  const database = await servers.database();
  {
    await using watcher = await servers.watcher(chain, database);
    await registerFresh(chain, 3);
    await mineBlocks(chain.anvil, 2);
    const last = await watcher.nodes(3);
    await reorg(chain, Number(await anvilCall(chain.anvil, "eth_blockNumber", []))); // the contract goes as well
    await mineBlocks(chain.anvil, 10);
    await watcher.problem(/chain: stopped: the chain replaced its final block \d+/);
    assert.equal(await watcher.metric("swarmpost_chain_watcher_stopped_state"), 1);
    assert.deepEqual((await watcher.registry()).nodes, last.nodes);
  }
  await using restarted = await servers.watcher(chain, database);
  await restarted.problem(/stopped/);
  assert.equal((await restarted.registry()).nodes.length, 3);
});

test("a chain that goes away and comes back is followed on; another one in its place is not", async () => {
  await using folder = await temporaryFolder();
  const stateFile = join(folder.path, "chain.json");
  const chain = await startTestChain({}, { stateFile });
  const { port } = chain.anvil;
  const database = await servers.database();
  await using watcher = await servers.watcher(chain, database, { CHAIN_STALE_MS: "1000" });
  await registerFresh(chain, 2);
  await watcher.nodes(2);
  await chain.anvil[Symbol.asyncDispose]();
  await watcher.problem(/chain: an endpoint gave no answer/);
  assert.equal((await watcher.registry()).nodes.length, 2);
  {
    await using _ = await startAnvil({ port, stateFile });
    await registerFresh(chain, 1);
    await watcher.nodes(3);
    assert.deepEqual(watcher.runtime.health.reasons(), []);
  }
  await using _ = await startAnvil({ port });
  await watcher.problem(/stopped: the chain's genesis block is not the one/);
  assert.equal((await watcher.registry()).nodes.length, 3);
});

test("settings that name another contract stop the watcher over the same database", async () => {
  await using chain = await startTestChain();
  const database = await servers.database();
  {
    await using watcher = await servers.watcher(chain, database);
    await registerFresh(chain, 1);
    await watcher.nodes(1);
  }
  await using watcher = await servers.watcher(chain, database, { CHAIN_CONTRACT: `0x${"11".repeat(20)}` });
  await watcher.problem(/stopped: the configured contract is not the one/);
  assert.equal((await watcher.registry()).nodes.length, 1);
});

test("of several endpoints the dead, the foreign and the forgetful are passed over", async () => {
  await using chain = await startTestChain();
  await using foreign = await startTestChain({}, { chainId: 4242 });
  await using forgetful = await startRpcProxy(chain.anvil.url, (method) => (method === "eth_getLogs" ? [] : undefined));
  const dead = "http://127.0.0.1:9";
  const database = await servers.database();
  {
    await using watcher = await servers.watcher(chain, database);
    await registerFresh(chain, 1);
    await watcher.nodes(1);
  }
  const urls = [dead, foreign.anvil.url, forgetful.url, chain.anvil.url].join(",");
  await using watcher = await servers.watcher(chain, database, { CHAIN_RPC_URLS: urls });
  await registerFresh(chain, 2);
  await watcher.nodes(3);
  assert.ok(forgetful.asked("eth_getLogs") > 0);
  const failures = (reason: string) =>
    watcher.metric(`swarmpost_chain_watcher_endpoint_failures_total{reason="${reason}"}`);
  for (const reason of ["unreachable", "diverged", "inconsistent"]) assert.ok((await failures(reason)) > 0, reason);
  assert.deepEqual(watcher.runtime.health.reasons(), []);
});

test("an endpoint that hangs is given up for the next, and does not hold up the end of the service", async () => {
  await using chain = await startTestChain();
  await using hanging = await startAnvil();
  hanging.pause();
  const slow = { CHAIN_RPC_TIMEOUT_MS: "300", CHAIN_RPC_URLS: `${hanging.url},${chain.anvil.url}` };
  await using watcher = await servers.watcher(chain, await servers.database(), slow);
  await registerFresh(chain, 1);
  await watcher.nodes(1);
  const stuck = { CHAIN_RPC_TIMEOUT_MS: "60000", CHAIN_RPC_URLS: hanging.url };
  const second = await servers.watcher(chain, await servers.database(), stuck);
  const before = performance.now();
  await second[Symbol.asyncDispose]();
  assert.ok(performance.now() - before < 10_000);
});

test("Postgres gone in the middle costs time only", async () => {
  await using chain = await startTestChain();
  const database = await servers.database();
  await using watcher = await servers.watcher(chain, database);
  await registerFresh(chain, 1);
  await watcher.nodes(1);
  await servers.postgres.kill();
  await registerFresh(chain, 2);
  await watcher.problem(/database: does not answer/);
  assert.equal((await watcher.registry()).nodes.length, 1);
  await servers.postgres.start();
  await watcher.nodes(3);
});

test("two watchers by mistake over one database do not harm it", async () => {
  await using chain = await startTestChain();
  const database = await servers.database();
  await using first = await servers.watcher(chain, database);
  await using second = await servers.watcher(chain, database);
  for (let round = 1; round <= 3; round++) await registerFresh(chain, 2);
  const [one, other] = await Promise.all([first.nodes(6), second.nodes(6)]);
  assert.deepEqual(one.nodes, other.nodes);
});
