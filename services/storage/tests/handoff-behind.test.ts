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

function accountAt(node: TestNode, id: bigint): TestAccount {
  for (;;) {
    const account = new TestAccount();
    if (node.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))?.id === id) return account;
  }
}

function cut(some: readonly TestNode[], others: readonly TestNode[]): void {
  for (const a of some) {
    for (const b of others) {
      a.cut.add(b.pubkey);
      b.cut.add(a.pubkey);
    }
  }
}

test("who pulls from members that are behind learns from them whom they still wait for", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const abc = [...swarm.nodes];
  const ts = [await swarm.add(), await swarm.add(), await swarm.add()];
  const newcomer = await swarm.add();
  await newcomer.stop();
  newcomer.databaseUrl = await swarm.newDatabase();
  const layout = new Map([
    [0n, abc],
    [OTHER, ts],
  ]);
  swarm.setMap(layout);
  await becomeWhole([...abc, ...ts]);
  const account = accountAt(abc[0]!, OTHER);
  assert.equal((await ts[0]!.rpc("store", account.store("acknowledged"))).status, 200);
  cut(ts, [...abc, newcomer]);
  swarm.setMap(new Map([[0n, abc]]));
  swarm.setMap(new Map([[0n, [...abc, newcomer]]]));
  await newcomer.start();
  swarm.publish();
  await eventually(async () => {
    const { rows } = await newcomer.service.node.data.database.query<{ owed: number }>({
      text: "select count(*)::int as owed from swarm_state, jsonb_array_elements(state::jsonb->'tasks') t, jsonb_object_keys(t->'owed')",
    });
    assert.ok((rows[0]?.owed ?? 0) > 0, "the newcomer hears of the holders that are cut off");
  }, patience);
  for (const node of [...abc, newcomer]) assert.notEqual(stateOf(node), "whole");
  for (const node of swarm.nodes) node.cut.clear();
  await becomeWhole([...abc, newcomer]);
  await eventually(async () => assert.equal(await newcomer.count(), 1), patience);
});

test("members that all missed maps do not wait for one another for ever", async () => {
  await using swarm = await TestSwarm.start(4, { postgres });
  const [a, b, c, outsider] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode];
  const abc = [a, b, c];
  swarm.setMap(new Map([[0n, abc]]));
  await becomeWhole(abc);
  assert.equal((await a.rpc("store", new TestAccount().store("kept"))).status, 200);
  await Promise.all(abc.map((node) => node.stop()));
  for (const others of [[outsider], [], [outsider]]) swarm.setMap(new Map([[0n, abc], ...split(others)]), [outsider]);
  swarm.setMap(new Map([[0n, abc]]), [outsider]);
  await Promise.all(abc.map((node) => node.start()));
  swarm.publish();
  await becomeWhole(abc);
  for (const node of abc) assert.equal(await node.count(), 1);
});

function split(others: readonly TestNode[]): [bigint, readonly TestNode[]][] {
  return others.length === 0 ? [] : [[OTHER, others]];
}
