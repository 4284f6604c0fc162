import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import type { ReplicaMethod } from "../replica-handler.ts";
import { KIND } from "../replica-kinds.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 60_000 };
/** The opposite side of the ring from id 0. */
const OTHER = 2n ** 63n;

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 300 });
});
after(() => postgres[Symbol.asyncDispose]());

function whole(node: TestNode): boolean {
  return node.service.node.whole.ownState === "whole";
}

async function becomeWhole(nodes: readonly TestNode[]): Promise<void> {
  await eventually(
    () =>
      assert.deepEqual(
        nodes.map(whole),
        nodes.map(() => true),
      ),
    patience,
  );
}

async function read(node: TestNode, account: TestAccount): Promise<string[]> {
  const { status, body } = await node.rpc("retrieve", account.retrieve());
  assert.equal(status, 200, JSON.stringify(body));
  return body.messages.map((message: { data: string }) => Buffer.from(message.data, "base64").toString()).sort();
}

async function store(node: TestNode, account: TestAccount, text: string, namespace = 0): Promise<string> {
  const { status, body } = await node.rpc("store", account.store(text, { namespace }));
  assert.equal(status, 200, JSON.stringify(body));
  return body.hash;
}

/** Accounts until both sides of a split ring have at least `each`. */
function accountsOfBoth(node: TestNode, sides: readonly bigint[], each: number): TestAccount[] {
  const counts = new Map(sides.map((side) => [side, 0]));
  const accounts: TestAccount[] = [];
  while ([...counts.values()].some((count) => count < each)) {
    const account = new TestAccount();
    const id = node.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))!.id as bigint;
    if ((counts.get(id) ?? 0) >= each) continue;
    counts.set(id, (counts.get(id) ?? 0) + 1);
    accounts.push(account);
  }
  return accounts;
}

test("a new network is whole at once, also when a node of it never comes up", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  await becomeWhole(swarm.nodes);
  await using other = await TestSwarm.start(4, { postgres });
  await other.nodes[3]!.stop();
  await becomeWhole(other.nodes.slice(0, 3));
});

test("a newcomer gets every message and every deletion, and answers rightly from the first moment", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  const accounts = Array.from({ length: 20 }, () => new TestAccount());
  for (const account of accounts) {
    await store(a, account, "public");
    await store(b, account, "private", 2);
    const hash = await store(a, account, "deleted");
    await a.rpc("delete", account.delete([hash]));
  }
  const newcomer = await swarm.add();
  swarm.setMap(new Map([[0n, [...swarm.nodes]]]));
  for (const account of accounts) assert.deepEqual(await read(newcomer, account), ["public"]);
  await becomeWhole([newcomer]);
  assert.equal(await newcomer.count(), 40);
  const { rows } = await newcomer.service.node.data.database.query({ text: "select 1 from tombstone" });
  assert.equal(rows.length, 20);
});

test("a node that lost its database gets everything back", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  for (let i = 0; i < 10; i++) await store(a, account, `message ${i}`);
  await c.stop();
  c.databaseUrl = await swarm.newDatabase();
  await c.start();
  assert.equal((await read(c, account)).length, 10);
  await eventually(async () => assert.equal(await c.count(), 10), patience);
  await becomeWhole([a, b, c]);
});

test("a node that cannot pull from enough holders stays behind, and reads go through a whole one", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  const [a, b, c, d] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  await store(a, account, "kept");
  for (const node of [b, c, d]) node.cut.add(node.pubkey);
  const newcomer = await swarm.add();
  for (const node of [b, c, d]) node.cut.add(newcomer.pubkey);
  swarm.setMap(new Map([[0n, [...swarm.nodes]]]));
  await eventually(async () => assert.equal(await newcomer.count(), 1), patience);
  assert.equal(whole(newcomer), false);
  assert.deepEqual(await read(newcomer, account), ["kept"]);
  for (const node of [b, c, d]) node.cut.clear();
  await becomeWhole([newcomer]);
});

test("a holder that answers with an error or with nonsense when an account is to be read is passed over", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const holders = [...swarm.nodes];
  await becomeWhole(holders);
  const account = new TestAccount();
  await store(holders[0]!, account, "kept");
  const newcomer = await swarm.add();
  const answers = [Buffer.from('{"status":500,"body":"request failed"}'), Buffer.alloc(0)];
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  // Whichever two are asked first answer so; the third is honest.
  for (const node of holders) {
    const methods = node.service.node.replicaMethods as Map<number, ReplicaMethod>;
    const honest = methods.get(KIND.pullAccount)!;
    methods.set(KIND.pullIndex, () => Promise.reject(new Error("no pull of everything yet")));
    methods.set(KIND.pullAccount, async (peer, payload) => {
      const answer = answers.pop();
      if (answers.length === 0) resolve();
      return answer ?? honest(peer, payload);
    });
  }
  swarm.setMap(new Map([[0n, [...swarm.nodes]]]));
  assert.deepEqual(await read(newcomer, account), ["kept"]);
  await asked;
});

test("a new swarm takes over its part of the ring and the old one erases only what all of it have", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const old = [...swarm.nodes];
  await becomeWhole(old);
  const probe = await swarm.add();
  const fresh = [probe, await swarm.add(), await swarm.add()];
  swarm.setMap(new Map([[0n, old]]));
  // The accounts are chosen by the map that comes: ids 0 and OTHER.
  const layout = new Map([
    [0n, old],
    [OTHER, fresh],
  ]);
  const accounts = Array.from({ length: 30 }, () => new TestAccount());
  for (const account of accounts) await store(old[0]!, account, "moved");
  await fresh[2]!.stop();
  swarm.setMap(layout);
  const moved = accounts.filter(
    (account) => probe.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))!.id === OTHER,
  );
  assert.ok(moved.length > 0 && moved.length < 30);
  for (const account of moved) assert.deepEqual(await read(fresh[0]!, account), ["moved"]);
  await eventually(async () => {
    for (const node of fresh.slice(0, 2)) assert.equal(await node.count(), moved.length);
  }, patience);
  for (const node of old) assert.equal(await node.count(), 30, "a member is away: nothing may be erased");
  await fresh[2]!.start();
  await eventually(async () => {
    assert.equal(await fresh[2]!.count(), moved.length);
    for (const node of old) assert.equal(await node.count(), 30 - moved.length);
  }, patience);
});

test("a dissolved swarm hands every message and deletion to the one that is responsible now", async () => {
  await using swarm = await TestSwarm.start(6, { postgres });
  const left = swarm.nodes.slice(0, 3);
  const right = swarm.nodes.slice(3);
  swarm.setMap(
    new Map([
      [0n, left],
      [OTHER, right],
    ]),
  );
  await becomeWhole(swarm.nodes);
  const accounts = accountsOfBoth(left[0]!, [0n, OTHER], 8);
  const keeper = (account: TestAccount) =>
    swarm.nodes.find((node) => node.service.node.whole && isKeeper(node, account)) as TestNode;
  for (const account of accounts) {
    await store(keeper(account), account, "survives");
    const gone = await store(keeper(account), account, "deleted");
    await keeper(account).rpc("delete", account.delete([gone]));
  }
  swarm.setMap(new Map([[0n, [...left, right[0]!]]]));
  for (const account of accounts) assert.deepEqual(await read(left[1]!, account), ["survives"]);
  await eventually(async () => {
    for (const node of [...left, right[0]!]) assert.equal(await node.count(), 16);
    for (const node of right.slice(1)) assert.equal(await node.count(), 0);
  }, patience);
  await becomeWhole([...left, right[0]!]);
});

function isKeeper(node: TestNode, account: TestAccount): boolean {
  const swarm = node.view.current.responsible(Buffer.from(account.id, "hex").subarray(1));
  return swarm?.members.includes(node.pubkey) ?? false;
}

test("a leaver erases only after the others hold what it alone had", async () => {
  await using swarm = await TestSwarm.start(4, { postgres });
  const [a, b, c, leaver] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  await c.stop();
  await store(leaver, account, "acknowledged by three");
  swarm.setMap(new Map([[0n, [a, b, c]]]), [a, b, leaver]);
  const settled = eventually(async () => assert.equal(await leaver.count(), 0), { timeoutMs: 1_500 });
  await assert.rejects(settled, "it must keep the message while a member lacks it");
  await c.start();
  swarm.publish();
  await eventually(async () => {
    assert.equal(await leaver.count(), 0);
    assert.equal(await c.count(), 1);
  }, patience);
  for (const node of [a, b, c]) assert.deepEqual(await read(node, account), ["acknowledged by three"]);
});

test("handoff goes on after a restart in the middle of it", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await becomeWhole(swarm.nodes);
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  for (let i = 0; i < 5; i++) await store(a, account, `message ${i}`);
  const newcomer = await swarm.add();
  for (const node of [a, b, c]) node.cut.add(newcomer.pubkey);
  swarm.setMap(new Map([[0n, [...swarm.nodes]]]));
  await eventually(async () => {
    const { rows } = await newcomer.service.node.data.database.query<{ state: { tasks: unknown[] } }>({
      text: "select state from swarm_state",
    });
    assert.equal(rows[0]?.state.tasks.length, 1);
  }, patience);
  await newcomer.stop();
  await newcomer.start();
  assert.equal(whole(newcomer), false);
  for (const node of [a, b, c]) node.cut.clear();
  await becomeWhole([newcomer]);
  assert.equal(await newcomer.count(), 5);
});
