import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OUTBOX = -21;
const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

interface Published {
  readonly data: string;
  readonly timestamp: number;
  readonly expiration: number;
}

async function published(node: TestNode, account: TestAccount): Promise<Published[]> {
  const { status, body } = await node.rpc("retrieve", { pubkey: account.id, namespace: OUTBOX });
  assert.equal(status, 200, JSON.stringify(body));
  return (body.messages as Published[]).map((each) => ({ ...each, data: Buffer.from(each.data, "base64").toString() }));
}

const texts = async (node: TestNode, account: TestAccount) =>
  (await published(node, account)).map((message) => message.data);

async function publish(node: TestNode, account: TestAccount, text: string, more: object = {}) {
  const { status, body } = await node.rpc("store", account.store(text, { namespace: OUTBOX, ...more }));
  assert.equal(status, 200, JSON.stringify(body));
  return body.hash as string;
}

const becomeWhole = (nodes: readonly TestNode[]) =>
  eventually(() => assert.ok(nodes.every((node) => node.service.node.whole.ownState === "whole")), patience);

test("an outbox keeps the message with the newest timestamp, and nothing of the others", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await becomeWhole(swarm.nodes);
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  const now = Date.now();
  await publish(a, account, "first", { timestamp: now });
  await publish(b, account, "second", { timestamp: now + 1 });
  await publish(c, account, "from a clock behind", { timestamp: now - 5_000 });
  for (const node of swarm.nodes) {
    assert.deepEqual(await texts(node, account), ["second"]);
    const bodies = await node.service.node.data.database.query({ text: "select from body" });
    assert.equal(bodies.rowCount, 1, "bodies of replaced messages are gone");
  }
  const deleted = await publish(a, account, "third", { timestamp: now + 2 });
  await a.rpc("delete", account.delete([deleted]));
  for (const node of swarm.nodes) assert.deepEqual(await texts(node, account), []);
});

test("the same message again ends later and keeps its time", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  await becomeWhole(swarm.nodes);
  const [node] = swarm.nodes as [TestNode];
  const account = new TestAccount();
  const now = Date.now();
  await publish(node, account, "again", { timestamp: now, ttl: 60_000 });
  await publish(node, account, "again", { timestamp: now + 1_000, ttl: 120_000 });
  const [message] = await published(node, account);
  assert.deepEqual([message?.timestamp, message?.expiration], [now, now + 121_000]);
});

test("many at once leave one, and other namespaces and accounts are left alone", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  await becomeWhole(swarm.nodes);
  const [node] = swarm.nodes as [TestNode];
  const [account, other] = [new TestAccount(), new TestAccount()];
  const now = Date.now();
  const many = Array.from({ length: 20 }, (_, i) => publish(node, account, `${i}`, { timestamp: now + i }));
  const kept = [1, 2].map((i) => node.rpc("store", account.store(`kept ${i}`, { namespace: -22 })));
  await Promise.all([...many, ...kept, publish(node, other, "other")]);
  assert.deepEqual([await texts(node, account), await texts(node, other)], [["19"], ["other"]]);
  const { body } = await node.rpc("retrieve", account.retrieve({ namespace: -22 }));
  assert.equal(body.messages.length, 2);
});

test("a member that was away ends with the newest, and who joins gets it", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await becomeWhole(swarm.nodes);
  const [a, , c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  const now = Date.now();
  await publish(a, account, "old", { timestamp: now });
  await c.stop();
  await publish(a, account, "new", { timestamp: now + 1 });
  await c.start();
  await eventually(async () => assert.deepEqual(await texts(c, account), ["new"]), patience);
  const joined = await swarm.add();
  swarm.setMap(new Map([[0n, swarm.nodes]]));
  await eventually(async () => assert.equal(await joined.count(), 1), patience);
  assert.deepEqual(await texts(joined, account), ["new"]);
});
