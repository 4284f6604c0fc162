import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { holdLock, openDatabase } from "@swarmpost/postgres";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres[Symbol.asyncDispose]());

const HOLDER =
  "select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
const WAITING =
  "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())";

test("a second storage on the same database does not start, and says so in one sentence", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  await using twin = new TestNode(node.databaseUrl);
  await assert.rejects(twin.start(), {
    code: "database-taken",
    message: "another storage is at work on this database: end it, or give this node a database of its own",
  });
  assert.equal((await node.rpc("store", new TestAccount().store("one"))).status, 200);
});

test("a storage that is just ending is waited for", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  await node.stop();
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  await using old = await holder(node.databaseUrl);
  const started = node.start();
  await eventually(async () => assert.equal((await database.query({ text: WAITING })).rowCount, 1));
  await old[Symbol.asyncDispose]();
  await started;
});

test("a database of another node key is refused, and left as it was", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  await node.rpc("store", new TestAccount().store("one"));
  await node.stop();
  await using stranger = new TestNode(node.databaseUrl);
  await assert.rejects(stranger.start(), {
    code: "foreign-database",
    message: "this database belongs to another node key: give each node its own",
  });
  await node.start();
  assert.equal(await node.count(), 1);
});

test("with its lock lost a storage acknowledges nothing until it has it back", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  const account = new TestAccount();
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  const waiting = holder(node.databaseUrl);
  await eventually(async () => assert.equal((await database.query({ text: WAITING })).rowCount, 1));
  await database.query({ text: `select pg_terminate_backend(pid) from (${HOLDER}) h` });
  const other = await waiting;
  await eventually(async () => assert.match(await node.readiness(), /database: (its lock was lost|another storage)/));
  const refused = await node.rpc("store", account.store("meanwhile"));
  assert.deepEqual([refused.status, refused.body], [503, "Service node is not ready: database unavailable"]);
  await other[Symbol.asyncDispose]();
  await eventually(async () => assert.equal(await node.readiness(), ""), patience);
  assert.equal((await node.rpc("store", account.store("afterwards"))).status, 200);
  assert.equal(await node.count(), 1);
  assert.equal(node.failure, undefined);
});

test("a database that another storage took meanwhile is not written again, and ends the process", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  await database.query({ text: "update database_identity set owner = '\\x00'" });
  await database.query({ text: `select pg_terminate_backend(pid) from (${HOLDER}) h` });
  await eventually(() => assert.equal((node.failure as { code?: string } | undefined)?.code, "database-changed"));
  assert.match(await node.readiness(), /database: it is not as this storage left it/);
  assert.equal((await node.rpc("store", new TestAccount().store("never"))).status, 503);
});

/** Another session with the lock of this database. */
async function holder(url: string): Promise<AsyncDisposable> {
  const database = openDatabase({ url, maxConnections: 1 });
  const lock = await holdLock(database, "swarmpost-storage");
  return {
    async [Symbol.asyncDispose]() {
      await lock[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
