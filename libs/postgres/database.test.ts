import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { type Database, openDatabase } from "./database.ts";
import { DatabaseError } from "./errors.ts";

const isCode = (code: string) => (error: unknown) => error instanceof DatabaseError && error.code === code;

describe("a database on a real Postgres", () => {
  let server: PostgresServer;
  let url: string;
  let database: Database;

  before(async () => {
    server = await startPostgres();
    url = await server.createDatabase("plain");
    database = openDatabase({ url, maxConnections: 4, applicationName: "database-test", statementTimeoutMs: 1000 });
    await database.query({ text: "create table items (id bigint primary key, body bytea, tags bigint[])" });
  });

  after(async () => {
    await database?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test("bigint, bigint arrays and bytes go in and come back as they are", async () => {
    const body = Buffer.from([0, 255, 92, 10]);
    const values = [2n ** 63n - 1n, body, [1n, -5n]];
    const inserted = await database.query({ text: "insert into items values ($1, $2, $3)", values });
    assert.equal(inserted.rowCount, 1);
    const { rows } = await database.query<{ id: bigint; body: Buffer; tags: bigint[] }>({
      text: "select * from items",
    });
    assert.deepEqual(rows, [{ id: 2n ** 63n - 1n, body, tags: [1n, -5n] }]);
  });

  test("many rows go in as arrays through one prepared statement", async () => {
    const query = {
      name: "batch",
      text: "insert into items select * from unnest($1::bigint[], $2::bytea[]) on conflict do nothing returning id",
    };
    const bodies = [1, 2, 3].map((n) => Buffer.alloc(n, n));
    assert.equal((await database.query({ ...query, values: [[1n, 2n, 3n], bodies] })).rowCount, 3);
    const again = await database.query<{ id: bigint }>({ ...query, values: [[3n, 4n], bodies.slice(1)] });
    assert.deepEqual(again.rows, [{ id: 4n }]);
  });

  test("a taken key is a conflict, and the error quotes no value", async () => {
    const query = { text: "insert into items (id, body) values ($1, $2)", values: [77n, Buffer.from("secret words")] };
    await database.query(query);
    const error = await database.query(query).catch((caught: unknown) => caught as DatabaseError);
    assert.ok(error instanceof DatabaseError);
    assert.equal(error.code, "conflict");
    assert.equal(error.constraint, "items_pkey");
    assert.equal(error.message, "the database query lost against a concurrent or earlier change (SQLSTATE 23505)");
  });

  test("a mistake in a statement is a failure, and the connection stays good", async () => {
    await assert.rejects(database.query({ text: "select nothing from nowhere" }), isCode("failed"));
    assert.equal((await database.query({ text: "select 1" })).rowCount, 1);
  });

  test("a role or a database that is not made yet is unavailable, and works as soon as it is made", async () => {
    await using early = openDatabase({ url: server.url("made_later") });
    await assert.rejects(early.query({ text: "select 1" }), isCode("unavailable"));
    await server.createDatabase("made_later");
    assert.equal((await early.query({ text: "select 1" })).rowCount, 1);
    const stranger = new URL(server.url("made_later"));
    stranger.username = "nobody_yet";
    await using roleless = openDatabase({ url: stranger.href });
    await assert.rejects(roleless.query({ text: "select 1" }), isCode("unavailable"));
  });

  test("a statement that takes too long is ended", async () => {
    await assert.rejects(database.query({ text: "select pg_sleep(30)" }), isCode("unavailable"));
    await database.query({ text: "select 1" });
  });

  test("a transaction commits when it resolves and leaves nothing when it rejects", async () => {
    const id = await database.transaction(async (transaction) => {
      await transaction.query({ text: "insert into items (id) values (100)" });
      return 100n;
    });
    assert.equal(id, 100n);
    const failed = database.transaction(async (transaction) => {
      await transaction.query({ text: "insert into items (id) values (101)" });
      throw new RangeError("changed my mind");
    });
    await assert.rejects(failed, RangeError);
    const { rows } = await database.query({ text: "select id from items where id in (100, 101)" });
    assert.deepEqual(rows, [{ id: 100n }]);
  });

  test("a connection that Postgres ends while idle ends nothing else", async () => {
    await using admin = openDatabase({ url, maxConnections: 1 });
    await database.query({ text: "select 1" });
    await admin.query({
      text: "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'database-test'",
    });
    await eventually(async () => (await database.query({ text: "select 1" })).rowCount === 1);
  });

  test("when Postgres goes away under load queries fail as unavailable, and work again when it is back", async () => {
    const outcomes = { done: 0, unavailable: 0 };
    let running = true;
    const worker = async (offset: number) => {
      for (let i = 0; running; i++) {
        const query = { name: "load", text: "insert into items (id) values ($1)", values: [BigInt(offset + i)] };
        try {
          await database.query(query);
          outcomes.done++;
        } catch (error) {
          assert.ok(isCode("unavailable")(error) || isCode("conflict")(error), String(error));
          outcomes.unavailable++;
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    };
    const workers = [1, 2, 3, 4, 5, 6].map((n) => worker(n * 1_000_000));
    await eventually(() => outcomes.done > 50);
    await server.kill();
    await eventually(() => outcomes.unavailable > 10 && !database.healthy());
    await server.start();
    await eventually(() => database.healthy());
    const before = outcomes.done;
    await eventually(() => outcomes.done > before + 50);
    running = false;
    await Promise.all(workers);
    const { rows } = await database.query<{ n: bigint }>({
      text: "select count(*) as n from items where id >= 1000000",
    });
    assert.ok((rows[0]?.n ?? 0n) >= BigInt(outcomes.done), "what was acknowledged is there after the crash");
  });

  test("a server that hangs is given up in bounded time and used again when it goes on", async () => {
    await using impatient = openDatabase({ url, maxConnections: 2, statementTimeoutMs: 100, connectTimeoutMs: 500 });
    await impatient.query({ text: "select 1" });
    server.pause();
    const begin = performance.now();
    await assert.rejects(impatient.query({ text: "select 1" }), isCode("unavailable"));
    assert.ok(performance.now() - begin < 8000);
    assert.equal(impatient.healthy(), false);
    server.resume();
    await eventually(async () => (await impatient.query({ text: "select 1" })).rowCount === 1);
  });

  test("a transaction that loses its server rejects and does not block the pool", async () => {
    const lost = database.transaction(async (transaction) => {
      await transaction.query({ text: "insert into items (id) values (500)" });
      await server.kill();
      await transaction.query({ text: "insert into items (id) values (501)" });
    });
    await assert.rejects(lost, isCode("unavailable"));
    await server.start();
    await eventually(() => database.healthy());
    const { rows } = await database.query({ text: "select id from items where id in (500, 501)" });
    assert.deepEqual(rows, []);
    await Promise.all([1, 2, 3, 4, 5].map(() => database.transaction(async () => {})));
  });
});

test("a database that is not there is unavailable and not healthy, and closing is clean", async () => {
  const database = openDatabase({ url: "postgres://postgres@127.0.0.1:9/none", connectTimeoutMs: 500 });
  assert.equal(database.healthy(), false);
  await assert.rejects(database.query({ text: "select 1" }), isCode("unavailable"));
  await database[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await assert.rejects(database.query({ text: "select 1" }), isCode("unavailable"));
});
