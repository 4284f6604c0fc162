import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

test("Postgres gone in the middle of stores: nothing is acknowledged without a commit, and it recovers by itself", async () => {
  await using postgres = await startPostgres({ fsync: true });
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes;
  const account = new TestAccount();
  const acknowledged: string[] = [];
  const others = new Set<string>();
  let storing = true;
  const client = async (name: string) => {
    for (let i = 0; storing; i++) {
      const { status, body } = await node!.rpc("store", account.store(`${name} ${i}`));
      if (status === 200) acknowledged.push(body.hash);
      else others.add(`${status} ${body}`);
    }
  };
  const clients = ["a", "b", "c", "d"].map(client);
  await eventually(() => assert.ok(acknowledged.length > 20), { timeoutMs: 60_000 });
  await postgres.kill();
  await eventually(() => assert.ok(others.size > 0), { timeoutMs: 60_000 });
  assert.match(await node!.readiness(), /database/);
  const before = acknowledged.length;
  await postgres.start();
  await eventually(() => assert.ok(acknowledged.length > before + 20), { timeoutMs: 60_000 });
  storing = false;
  await Promise.all(clients);
  assert.deepEqual([...others], ["503 Service node is not ready: database unavailable"]);
  assert.equal(await node!.readiness(), "");
  const { body } = await node!.rpc("retrieve", account.retrieve({ max_size: -1 }));
  const held = new Set(body.messages.map((message: { hash: string }) => message.hash));
  assert.deepEqual(
    acknowledged.filter((hash) => !held.has(hash)),
    [],
  );
});
