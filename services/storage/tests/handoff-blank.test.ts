import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { becomeWhole, patience, stateOf } from "../testing/become-whole.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

test("two nodes found no network when one of them only missed a map", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  const [a, b, c, x, y] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
  const abc = [a, b, c];
  const layout = (others: TestNode[]) =>
    new Map([
      [0n, abc],
      [OTHER, others],
    ]);
  swarm.setMap(layout([x]));
  await becomeWhole(swarm.nodes.slice(0, 4));
  const account = new TestAccount();
  await b.stop();
  const keeper = a.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))?.members.includes(a.pubkey);
  await (keeper ? a : x).rpc("store", account.store("acknowledged"));
  await a.stop();
  await c.stop();
  swarm.setMap(layout([x, y]), [x, y]);
  swarm.setMap(layout([y]));
  a.databaseUrl = await swarm.newDatabase();
  await a.start();
  await b.start();
  swarm.publish();
  const pulled = () =>
    b.service.node.data.database.query<{ done: string[] }>({
      text: "select array(select jsonb_object_keys(state::jsonb->'tasks'->0->'done')) as done from swarm_state",
    });
  await eventually(async () => assert.deepEqual((await pulled()).rows[0]?.done, [a.pubkey]), patience);
  assert.deepEqual([stateOf(a), stateOf(b)], ["blank", "behind"]);
  await c.start();
  swarm.publish();
  await becomeWhole(abc);
});

test("a node of the first hour that moves to another swarm counts its nodes of the first hour as whole", async () => {
  await using swarm = await TestSwarm.start(6, { postgres });
  await becomeWhole(swarm.nodes);
  const [left, right] = [swarm.nodes.slice(0, 3), swarm.nodes.slice(3)];
  const layout = (a: TestNode[], b: TestNode[]) =>
    new Map([
      [0n, a],
      [OTHER, b],
    ]);
  swarm.setMap(layout(left, right));
  await becomeWhole(swarm.nodes);
  await left[2]!.stop();
  const mover = right[2]!;
  swarm.setMap(layout([...left, mover], right.slice(0, 2)));
  await becomeWhole([mover]);
});
