import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { storageMetrics } from "../metrics.ts";
import { Retention } from "../retention.ts";
import { TestAccount } from "../testing/test-account.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const DAY = 86_400_000;

test("what is kept, what it takes and what should be gone is measured without reading a message", async () => {
  await using swarm = await TestSwarm.start(1);
  const [node] = swarm.nodes;
  const { database, expiry } = node!.service.node.data;
  const registry = new Metrics();
  const retention = new Retention({ database, clock: node!.clock, metrics: storageMetrics(registry) });
  const look = async (): Promise<(name: string) => number> => {
    await retention.look();
    const text = await registry.render();
    return (name) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`swarmpost_storage_${name} `))
          ?.split(" ")[1],
      );
  };

  const empty = await look();
  assert.deepEqual([empty("held_records"), empty("body_days"), empty("purge_lag_seconds")], [0, 0, 0]);
  const account = new TestAccount();
  await node!.rpc("store", account.store("x".repeat(20_000), { ttl: DAY }));
  await node!.rpc("store", account.store("other day", { ttl: 3 * DAY }));
  await eventually(async () => (await look())("held_records") === 2);
  const full = await look();
  assert.deepEqual([full("body_days"), full("purge_lag_seconds")], [2, 0]);
  assert.ok(full('database_bytes{kind="bodies"}') > 20_000);
  assert.ok(full('database_bytes{kind="index"}') > empty('database_bytes{kind="index"}'));

  node!.clock.offsetMs = 3 * DAY;
  assert.ok((await look())("purge_lag_seconds") > 0);
  await expiry.run();
  const purged = await look();
  assert.deepEqual([purged("body_days"), purged("purge_lag_seconds")], [1, 0]);
});
