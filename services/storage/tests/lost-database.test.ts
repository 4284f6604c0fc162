import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase } from "@swarmpost/postgres";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 40_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

const ready = (nodes: readonly TestNode[]) =>
  eventually(
    () =>
      assert.deepEqual(
        nodes.flatMap((node) => node.unready),
        [],
      ),
    patience,
  );

/** Stores messages one after another at the given nodes in turn. @returns the hashes that were acknowledged. */
async function fill(nodes: readonly TestNode[], account: TestAccount, count: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let i = 0; i < count; i++) {
    const node = nodes[i % nodes.length] as TestNode;
    const { status, body } = await node.rpc("store", account.store(`${Math.random()}`));
    assert.equal(status, 200);
    hashes.push(body.hash);
  }
  return hashes;
}

async function read(node: TestNode, account: TestAccount): Promise<Set<string>> {
  const { status, body } = await node.rpc("retrieve", account.retrieve({ max_size: -1 }));
  assert.equal(status, 200);
  return new Set(body.messages.map((message: { hash: string }) => message.hash));
}

async function missing(node: TestNode, account: TestAccount, hashes: readonly string[]): Promise<string[]> {
  const held = await read(node, account);
  return hashes.filter((hash) => !held.has(hash));
}

/** Starts a node and reads from the first moment on until its data is whole: no answer may lack anything. */
async function startReading(node: TestNode, account: TestAccount, hashes: readonly string[]): Promise<string[]> {
  const reasons = new Set<string>();
  await node.start();
  do {
    for (const reason of node.unready) reasons.add(reason);
    assert.deepEqual(await missing(node, account, hashes), []);
  } while (node.unready.length > 0);
  return [...reasons];
}

/** All members know how far the others' databases have come. */
const told = (nodes: readonly TestNode[]) =>
  eventually(() => {
    for (const node of nodes) {
      const { commits } = node.service.node.data.identity;
      const others = nodes.filter((each) => each !== node);
      for (const other of others) {
        assert.equal(other.service.node.greetings.memory.of(node.pubkey)?.commits, commits);
      }
    }
  }, patience);

const held = (node: TestNode, count: number) =>
  eventually(async () => assert.equal(await node.count(), count), patience);

const losses = async (node: TestNode) =>
  /swarmpost_storage_database_losses_total (\d+)/.exec((await node.runtime?.metrics.render()) ?? "")?.[1];

test("a member whose database was emptied is filled again, and answers no read with less meanwhile", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const hashes = await fill(swarm.nodes, account, 40);
  const node = swarm.nodes[2] as TestNode;
  await node.stop();
  node.databaseUrl = await swarm.newDatabase();
  const reasons = await startReading(node, account, hashes);
  assert.ok(reasons.includes("data: asking the swarm what it knows of this database"), String(reasons));
  await held(node, 40);
  assert.equal(await losses(node), "1");
});

test("a member whose database is an older state pulls what came since, and answers no read with less meanwhile", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const before = await fill(swarm.nodes, account, 10);
  const node = swarm.nodes[0] as TestNode;
  await node.stop();
  const backup = await swarm.backup(node);
  await node.start();
  await ready([node]);
  const since = await fill(swarm.nodes, account, 20);
  const { body } = await node.rpc("delete", account.delete([before[0] as string]));
  assert.ok(body.swarm);
  await eventually(async () => assert.equal(await losses(node), "0"));
  await node.stop();
  node.databaseUrl = backup;
  const reasons = await startReading(node, account, [...before.slice(1), ...since]);
  assert.ok(reasons.includes("data: pulling what this node lacks"), String(reasons));
  await held(node, 29);
  assert.ok(!(await read(node, account)).has(before[0] as string), "what was deleted since stays deleted");
  assert.equal(await losses(node), "1");
});

test("two of three emptied databases are no new network", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const hashes = await fill(swarm.nodes, account, 12);
  const emptied = swarm.nodes.slice(0, 2);
  for (const node of emptied) {
    await node.stop();
    node.databaseUrl = await swarm.newDatabase();
  }
  await Promise.all(emptied.map((node) => startReading(node, account, hashes)));
  for (const node of emptied) {
    await held(node, 12);
    assert.equal(await losses(node), "1");
  }
});

test("members that are all taken back, each to another time, come to hold all that any of them has", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const hashes: string[] = [];
  const backups = new Map<TestNode, string>();
  for (const node of swarm.nodes) {
    hashes.push(...(await fill(swarm.nodes, account, 6)));
    await told(swarm.nodes);
    await node.stop();
    backups.set(node, await swarm.backup(node));
    await node.start();
    await ready(swarm.nodes);
  }
  await fill(swarm.nodes, account, 5);
  await Promise.all(swarm.nodes.map((node) => node.stop()));
  for (const [node, url] of backups) node.databaseUrl = url;
  await Promise.all(swarm.nodes.map((node) => node.start()));
  await ready(swarm.nodes);
  for (const node of swarm.nodes) {
    await held(node, 18);
    assert.deepEqual(await missing(node, account, hashes), []);
  }
});

test("members that all lost everything serve again, and are ready", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  await fill(swarm.nodes, new TestAccount(), 3);
  await Promise.all(swarm.nodes.map((node) => node.stop()));
  for (const node of swarm.nodes) node.databaseUrl = await swarm.newDatabase();
  await Promise.all(swarm.nodes.map((node) => node.start()));
  await ready(swarm.nodes);
  await fill(swarm.nodes, new TestAccount(), 3);
});

test("a member that was stopped for a while reads through others what was kept for it", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const node = swarm.nodes[1] as TestNode;
  const others = swarm.nodes.filter((each) => each !== node);
  const hashes = await fill(swarm.nodes, account, 3);
  await node.stop();
  hashes.push(...(await fill(others, account, 60)));
  await startReading(node, account, hashes);
  assert.equal(await node.count(), 63, "ready means that all of it is here");
  assert.equal(await losses(node), "0");
});

test("what a member kept for another and lost with its database, the other gets all the same", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const [entry, away] = swarm.nodes as [TestNode, TestNode];
  await away.stop();
  const hashes = await fill([entry], account, 10);
  await entry.stop();
  entry.databaseUrl = await swarm.newDatabase();
  await away.start();
  await ready([away]);
  await entry.start();
  await held(away, 10);
  await held(entry, 10);
  assert.deepEqual(await missing(away, account, hashes), []);
});

/** As after a failover to a standby that had not received the last commits. */
async function takeBack(node: TestNode): Promise<void> {
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  await database.query({ text: "delete from message" });
  await database.query({ text: "update commit_count set commits = 1 where part = 0" });
}

async function endLock(node: TestNode): Promise<void> {
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  await database.query({
    text: "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
  });
}

const ended = (node: TestNode) =>
  eventually(() => assert.equal((node.failure as { code?: string } | undefined)?.code, "database-changed"));

test("a database that goes back while it is in use ends the process, and the next start pulls what is missing", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const hashes = await fill(swarm.nodes, account, 9);
  const node = swarm.nodes[0] as TestNode;
  await takeBack(node);
  await endLock(node);
  await ended(node);
  await node.stop();
  await startReading(node, account, hashes);
  await held(node, 9);
  assert.equal(await losses(node), "1");
});

test("a database that went back is found out although new commits have passed the old count", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  await ready(swarm.nodes);
  const account = new TestAccount();
  const hashes = await fill(swarm.nodes, account, 5);
  const node = swarm.nodes[0] as TestNode;
  const { commits } = node.service.node.data.identity;
  await takeBack(node);
  hashes.push(...(await fill([node], account, 12)));
  assert.ok(node.service.node.data.identity.commits > commits, "the new count says nothing of the loss");
  await endLock(node);
  await ended(node);
  await node.stop();
  await startReading(node, account, hashes);
  await held(node, 17);
});
