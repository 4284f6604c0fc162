import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { HttpsConnections, retrieveParameters, storeParameters } from "@swarmpost/client";
import { type LocalNode, type Network, startNetwork } from "@swarmpost/localnet";
import { buildOnion } from "@swarmpost/onion";
import {
  eventually,
  type NatsServer,
  type RedisServer,
  startNats,
  startRedis,
  type TestServer,
} from "@swarmpost/testkit";
import { HostileClient, pathTo } from "../e2e/hostile-client.ts";
import { Traffic } from "./traffic.ts";

// Each test: messages flow, a part dies, the fault is seen to bite, the part comes back, nothing acknowledged is lost.

const nodes = 7;
const parts = new AsyncDisposableStack();
let nats: NatsServer;
let redis: RedisServer;
let net: Network;
let hostile: HostileClient;

before(async () => {
  nats = parts.use(await startNats());
  redis = parts.use(await startRedis());
  net = parts.use(await startNetwork({ nodes, processes: true, natsUrl: nats.url, redisUrl: redis.url }));
  hostile = new HostileClient(parts.use(new HttpsConnections()));
});
after(() => parts.disposeAsync());

async function refusesConnections(server: TestServer): Promise<void> {
  const socket = connect(server.port, "127.0.0.1");
  await assert.rejects(once(socket, "connect"), { code: "ECONNREFUSED" });
}

/** A sample of a metric without labels. */
async function metric(part: { metrics(): Promise<string> }, name: string): Promise<number> {
  const line = (await part.metrics()).split("\n").find((each) => each.startsWith(`${name} `));
  assert.ok(line !== undefined, `no metric ${name}`);
  return Number(line.split(" ")[1]);
}

test("storages killed one after the other while messages are stored", async () => {
  await using traffic = await Traffic.over(net);
  traffic.start(4);
  for (const { pubkey } of traffic.client.swarm(traffic.recipient.id).members.slice(0, 2)) {
    await traffic.untilMore(10);
    const { length: before } = traffic.acknowledged;
    const victim = net.node(pubkey);
    await victim.kill("storage");
    await traffic.untilMore(10);
    const during = traffic.acknowledged.slice(before).map(({ receipt }) => receipt);
    const missed = (key: string) =>
      during.some(({ members }) => members.some((one) => one.node === key && !one.signed));
    assert.ok(missed(pubkey), "the kill must show: messages miss that member");
    await victim.start();
    await traffic.untilWhole();
  }
  await traffic.stop();
  await traffic.allReadable();
});

test("a whole node killed, relay and storage at once", async () => {
  await using traffic = await Traffic.over(net);
  traffic.start(4);
  await traffic.untilMore(10);
  const victim = net.node(traffic.client.swarm(traffic.recipient.id).members[0]!.pubkey);
  await victim.kill();
  await assert.rejects(fetch(`${victim.url}/ping_test/v1`, { method: "POST" }));
  await traffic.untilMore(10);
  await victim.start();
  await traffic.untilWhole();
  await traffic.stop();
  await traffic.allReadable();
});

test("every node restarted in order, one after the other, without one refused message", async () => {
  await using traffic = await Traffic.over(net);
  traffic.start(2);
  for (const node of net.nodes) {
    await node.stop();
    await traffic.untilMore(5);
    await node.start();
    await traffic.untilWhole();
  }
  await traffic.stop();
  assert.equal(traffic.refused, 0);
  await traffic.allReadable();
});

test("Postgres killed in the middle of stores: nothing is acknowledged without it, and it recovers by itself", async () => {
  const postgres = net.backends.databases.server!;
  await using traffic = await Traffic.over(net);
  traffic.start(4);
  await traffic.untilMore(20);
  await postgres.kill();
  const deadMs = performance.now();
  const [member] = traffic.client.swarm(traffic.recipient.id).members;
  const params = storeParameters(traffic.recipient.id, {
    data: Buffer.from("x"),
    timestamp: Date.now(),
    ttlMs: 60_000,
  });
  const [status] = await hostile.post(member!, "/storage_rpc/v1", JSON.stringify({ method: "store", params }));
  assert.equal(status, 503);
  const { refused } = traffic;
  await eventually(() => traffic.refused > refused, { timeoutMs: 120_000 });
  const backMs = performance.now();
  await postgres.start();
  // What was answered before the kill may reach the sender a moment after it.
  const meanwhile = traffic.acknowledged.filter(({ atMs }) => atMs > deadMs + 1_000 && atMs < backMs);
  assert.equal(meanwhile.length, 0, "a message was acknowledged while no database was there to keep it");
  await traffic.untilMore(10);
  await traffic.untilWhole();
  await traffic.stop();
  await traffic.allReadable();
});

test("NATS killed: messages flow, a node leaves and everyone learns of it, and it comes back unnoticed", async () => {
  await using traffic = await Traffic.over(net);
  traffic.start(2);
  await traffic.untilMore(5);
  await nats.kill();
  await refusesConnections(nats);
  await traffic.untilMore(10);
  const leaver = net.nodes.at(-1) as LocalNode;
  await net.leave(leaver);
  await eventually(
    async () => {
      await traffic.client.refresh();
      return traffic.client.nodes().length === nodes - 1;
    },
    { timeoutMs: 120_000, intervalMs: 500 },
  );
  await nats.start();
  await leaver.stop();
  await traffic.untilMore(5);
  await traffic.untilWhole();
  await traffic.stop();
  await traffic.allReadable();
});

test("Redis killed: a replay is refused before, during and after", async () => {
  await using traffic = await Traffic.over(net);
  const [destination] = traffic.client.nodes();
  const path = pathTo(traffic.client, destination!);
  const info = Buffer.from(`{"method":"info","params":{}}`);
  const onion = () => buildOnion({ path, destination: { kind: "snode", ...destination! } }, info).body;
  const send = async (body: Buffer) => hostile.onion(path[0]!, body);
  const refused = [400, "Invalid ciphertext"];
  const guard = net.node(path[0]!.pubkey);
  const localFilter = () => metric(guard, "swarmpost_relay_local_filter_state");

  const before = onion();
  assert.equal((await send(before))[0], 200);
  assert.equal(await localFilter(), 0);
  await redis.kill();
  await eventually(async () => (await localFilter()) === 1, { timeoutMs: 60_000, intervalMs: 200 });
  const during = onion();
  assert.equal((await send(during))[0], 200);
  for (const replay of [before, during]) assert.deepEqual(await send(replay), refused);
  await redis.start();
  await eventually(async () => (await localFilter()) === 0, { timeoutMs: 60_000, intervalMs: 200 });
  for (const replay of [before, during]) assert.deepEqual(await send(replay), refused);
  assert.equal((await send(onion()))[0], 200);
  await traffic.untilWhole();
  await traffic.allReadable();
});

test("the chain paused: messages flow on the last map, and a newcomer is let in once it goes on", async () => {
  const anvil = net.backends.chain.server!;
  const [cluster] = net.clusters;
  const height = () => metric(cluster!, "swarmpost_chain_watcher_final_height");
  await using traffic = await Traffic.over(net);
  traffic.start(2);
  await traffic.untilMore(5);
  anvil.pause();
  const failures = async () =>
    /swarmpost_chain_watcher_polls_total\{result="failed"\} (\d+)/.exec(await cluster!.metrics())?.[1] ?? "0";
  const before = Number(await failures());
  await eventually(async () => Number(await failures()) > before, { timeoutMs: 120_000, intervalMs: 500 });
  const stuck = await height();
  await traffic.untilMore(20);
  assert.equal(await height(), stuck, "the pause must show: no block is read");
  anvil.resume();
  await eventually(async () => (await height()) > stuck, { timeoutMs: 120_000, intervalMs: 500 });
  const newcomer = await net.addNode();
  await traffic.client.refresh();
  assert.equal(traffic.client.swarm(traffic.recipient.id).members.length, nodes);
  await traffic.untilWhole();
  await traffic.stop();
  await traffic.allReadable();

  // Until now a member that lacks something may have asked another one. Alone it gives out only what it holds itself.
  const behind = async () => (await metric(newcomer, "swarmpost_storage_sync_tasks")) > 0;
  await eventually(async () => !(await behind()), { timeoutMs: 60_000, intervalMs: 200 });
  const others = net.nodes.filter((node) => node !== newcomer);
  await Promise.all(others.map((node) => node.kill("storage")));
  const params = retrieveParameters(traffic.recipient, { namespace: 0, timestamp: Date.now() });
  const member = traffic.client.nodes().find(({ pubkey }) => pubkey === newcomer.pubkey)!;
  const [status, text] = await hostile.post(member, "/storage_rpc/v1", JSON.stringify({ method: "retrieve", params }));
  assert.equal(status, 200, text);
  const alone = new Set((JSON.parse(text).messages as { hash: string }[]).map(({ hash }) => hash));
  for (const { receipt } of traffic.acknowledged) assert.ok(alone.has(receipt.hash), "the newcomer lacks a message");
});
