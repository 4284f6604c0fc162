import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { TestNetwork } from "@swarmpost/client/testing";
import { type Database, migrate, openDatabase } from "@swarmpost/postgres";
import type { UptimeProof } from "@swarmpost/proof";
import { Metrics, silentLogger, systemClock } from "@swarmpost/runtime";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { Canary, type CanaryOptions } from "./canary.ts";
import { CanaryConnection } from "./canary-connection.ts";
import { CanaryStore } from "./canary-store.ts";
import type { KeptProof } from "./kept-proof.ts";
import { testSuiteMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";

const quick = { intervalMs: 20, waitMs: 0, ttlMs: 600_000, confirmMs: 50 } satisfies CanaryOptions;
/** Writes one message and no more. */
const once = { ...quick, intervalMs: 3_600_000 } satisfies CanaryOptions;

let postgres: PostgresServer;
let network: TestNetwork;
let database: Database;
let databases = 0;

before(async () => {
  postgres = await startPostgres();
});
after(async () => {
  await postgres[Symbol.asyncDispose]();
});
beforeEach(async () => {
  network = await TestNetwork.start(12);
  database = openDatabase({ url: await postgres.createDatabase(`canary_${++databases}`) });
  await migrate(database, migrations);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

interface RunningCanary extends AsyncDisposable {
  /** The value of one series, without the canary's prefix. */
  metric(series: string): Promise<number>;
  /** Everything on `/metrics`. */
  metrics(): Promise<string>;
}

function proofs(): KeptProof[] {
  return network.nodes.map(({ offered: { pubkey, ip, httpsPort } }) => {
    return { proof: { pubkey, ip, httpsPort } as UptimeProof } as KeptProof;
  });
}

function startCanary(options: CanaryOptions, known: () => KeptProof[] = proofs): RunningCanary {
  const registry = new Metrics();
  const metrics = testSuiteMetrics(registry);
  const connection = new CanaryConnection({
    book: { all: () => known().values() },
    relays: { owns: () => true },
    clock: systemClock,
  });
  const store = new CanaryStore(database);
  const canary = new Canary(options, { connection, store, clock: systemClock, logger: silentLogger, metrics });
  return {
    metrics: () => registry.render(),
    metric: async (series) => {
      const text = `swarmpost_test_suite_canary_${series} `;
      const line = (await registry.render()).split("\n").find((each) => each.startsWith(text));
      return Number(line?.slice(text.length));
    },
    [Symbol.asyncDispose]: () => canary[Symbol.asyncDispose](),
  };
}

/** Takes every message from the given nodes. */
function loseAt(nodes: TestNetwork["nodes"]): void {
  for (const node of nodes) node.held.clear();
}

test("what is acknowledged is read back, and every swarm gets its share", async () => {
  await using canary = startCanary(quick);
  await eventually(async () => assert.ok((await canary.metric("readable_total")) >= 6));
  const held = new Map(network.nodes.flatMap((node) => [...node.held.keys()].map((hash) => [hash, node.swarmId])));
  const perSwarm = Map.groupBy(held.values(), (id) => id);
  assert.equal(perSwarm.size, 2);
  const sizes = [...perSwarm.values()].map((each) => each.length);
  assert.ok(Math.abs(sizes[0]! - sizes[1]!) <= 1, `one swarm got more than the other: ${sizes.join()}`);
  assert.equal(await canary.metric("lost_total"), 0);
  assert.equal(await canary.metric('failures_total{step="store"}'), 0);
  assert.ok((await canary.metric('seconds_count{step="read"}')) >= 6);
});

test("a message that no member has although all answer is lost, once, after it was asked for twice", async () => {
  await using canary = startCanary({ ...once, waitMs: 300 });
  await eventually(async () => (await canary.metric("acknowledged_total")) === 1);
  loseAt(network.nodes);
  await eventually(async () => (await canary.metric("lost_total")) === 1);
  assert.equal(await canary.metric('looks_total{result="missing"}'), 1);
  assert.equal(await canary.metric('looks_total{result="lost"}'), 1);
  assert.equal(await canary.metric("readable_total"), 0);
  await eventually(async () => (await canary.metric('messages{state="missing"}')) === 0);
});

test("a message that comes back before it is confirmed lost is not lost", async () => {
  await using canary = startCanary({ ...once, waitMs: 300, confirmMs: 1_000 });
  await eventually(async () => (await canary.metric("acknowledged_total")) === 1);
  const kept = network.nodes.map((node) => [node, [...node.held]] as const);
  loseAt(network.nodes);
  await eventually(async () => (await canary.metric('looks_total{result="missing"}')) === 1);
  for (const [node, held] of kept) for (const [hash, message] of held) node.held.set(hash, message);
  await eventually(async () => (await canary.metric("readable_total")) === 1);
  assert.equal(await canary.metric("lost_total"), 0);
});

test("while one member does not answer, nothing is lost: it may have what the others lack", async () => {
  await using canary = startCanary({ ...once, waitMs: 300 });
  await eventually(async () => (await canary.metric("acknowledged_total")) === 1);
  const [away] = network.nodes.filter((node) => node.held.size > 0);
  loseAt(network.nodes);
  away!.script = (method) => (method === "retrieve" ? [503, "not ready"] : undefined);
  await eventually(async () => (await canary.metric('looks_total{result="unknown"}')) === 1, { timeoutMs: 15_000 });
  assert.equal(await canary.metric("lost_total"), 0);
  assert.equal(await canary.metric('looks_total{result="missing"}'), 0);
  assert.ok((await canary.metric('failures_total{step="read"}')) >= 1);
  await eventually(async () => (await canary.metric('messages{state="unknown"}')) === 1);
});

test("a message that only some answers bring is late, not lost", async () => {
  await using canary = startCanary({ ...once, waitMs: 300 });
  await eventually(async () => (await canary.metric("acknowledged_total")) === 1);
  const asked = new Set<string>();
  // The two members of the first read hide it; asked again, each by itself, they have it.
  for (const node of network.nodes.filter((each) => each.held.size > 0)) {
    node.script = (method) => {
      if (method !== "retrieve" || asked.size >= 2) return undefined;
      asked.add(node.keys.pubkey);
      return [200, { messages: [], more: false }];
    };
  }
  await eventually(async () => (await canary.metric('looks_total{result="late"}')) === 1);
  assert.equal(await canary.metric("readable_total"), 1);
  assert.equal(await canary.metric("lost_total"), 0);
});

test("a restart goes on with what was acknowledged before", async () => {
  {
    await using canary = startCanary({ ...once, waitMs: 200_000 });
    await eventually(async () => (await canary.metric("acknowledged_total")) === 1);
  }
  await database.query({ text: "update canary_message set next_ms = 0" });
  const before = network.nodes.reduce((sum, node) => sum + node.held.size, 0);
  assert.equal(before, 6);
  await using canary = startCanary({ ...once, waitMs: 200_000 });
  await eventually(async () => (await canary.metric("readable_total")) === 1);
});

test("a network that can't store is a failure of a step, not a loss", async () => {
  for (const node of network.nodes) node.script = (method) => (method === "store" ? [503, "no majority"] : undefined);
  await using canary = startCanary(quick);
  await eventually(async () => (await canary.metric('failures_total{step="store"}')) >= 1, { timeoutMs: 15_000 });
  assert.equal(await canary.metric("acknowledged_total"), 0);
  assert.equal(await canary.metric("lost_total"), 0);
});

test("seeds that do not answer are a failure to connect, and others are tried", async () => {
  const honest = proofs();
  let known = honest.map((kept) => ({ ...kept, proof: { ...kept.proof, httpsPort: 1 } }));
  await using canary = startCanary(quick, () => known);
  await eventually(async () => (await canary.metric('failures_total{step="connect"}')) >= 1);
  known = honest;
  await eventually(async () => (await canary.metric("readable_total")) >= 1);
});

test("nothing is written while no node is known, nor when the canary is off", async () => {
  let known: KeptProof[] = [];
  await using off = startCanary({ ...quick, intervalMs: 0 });
  await using canary = startCanary(quick, () => known);
  await eventually(async () => (await canary.metric("interval_seconds")) === 0.02);
  assert.equal(await canary.metric('failures_total{step="connect"}'), 0);
  known = proofs();
  await eventually(async () => (await canary.metric("acknowledged_total")) >= 2);
  assert.equal(await off.metric("acknowledged_total"), 0);
  assert.equal(await off.metric("interval_seconds"), 0);
});

test("the canary ends at once although a node keeps it waiting", async () => {
  const canary = startCanary(quick);
  await eventually(async () => (await canary.metric("readable_total")) >= 1);
  for (const node of network.nodes) node.silent = true;
  const count = await canary.metric("acknowledged_total");
  await eventually(async () => (await canary.metric("acknowledged_total")) <= count + 1);
  const startedMs = performance.now();
  await canary[Symbol.asyncDispose]();
  assert.ok(performance.now() - startedMs < 3_000, "requests under way were waited for");
});

test("no message or account of the canary is named in the metrics", async () => {
  await using canary = startCanary(quick);
  await eventually(async () => assert.ok((await canary.metric("readable_total")) >= 3));
  const text = await canary.metrics();
  for (const node of network.nodes) {
    for (const [hash, { pubkey }] of node.held) {
      assert.ok(!text.includes(hash) && !text.includes(pubkey));
    }
  }
});
