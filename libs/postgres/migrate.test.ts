import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { sql } from "kysely";
import { openDatabase } from "./database.ts";
import { type Migrations, migrate } from "./migrate.ts";

const first: Migrations = {
  "0001_letters": { up: async (db) => void (await sql`create table letters (id bigint primary key)`.execute(db)) },
};
const both: Migrations = {
  ...first,
  "0002_bodies": { up: async (db) => void (await sql`alter table letters add column body bytea`.execute(db)) },
};

describe("migrations on a real Postgres", () => {
  let server: PostgresServer;
  before(async () => void (server = await startPostgres()));
  after(async () => await server?.[Symbol.asyncDispose]());

  test("each step runs once, in the order of the names", async () => {
    await using database = openDatabase({ url: await server.createDatabase("steps") });
    assert.deepEqual(await migrate(database, first), ["0001_letters"]);
    assert.deepEqual(await migrate(database, both), ["0002_bodies"]);
    assert.deepEqual(await migrate(database, both), []);
    await database.query({ text: "insert into letters values (1, '\\x00')" });
  });

  test("replicas that start together do it once", async () => {
    const url = await server.createDatabase("together");
    await using one = openDatabase({ url });
    await using two = openDatabase({ url });
    await using three = openDatabase({ url });
    const ran = await Promise.all([one, two, three].map((database) => migrate(database, both)));
    assert.deepEqual(ran.flat().toSorted(), ["0001_letters", "0002_bodies"]);
  });

  test("a failed step leaves nothing behind and says so", async () => {
    await using database = openDatabase({ url: await server.createDatabase("broken") });
    const broken: Migrations = {
      "0001_half": {
        up: async (db) => {
          await sql`create table half (id int)`.execute(db);
          await sql`create table half (id int)`.execute(db);
        },
      },
    };
    await assert.rejects(migrate(database, broken), { code: "failed" });
    await assert.rejects(database.query({ text: "select * from half" }), { sqlState: "42P01" });
    assert.deepEqual(await migrate(database, first), ["0001_letters"]);
  });

  test("a copy of a migrated database is made from it as a template", async () => {
    const url = await server.createDatabase("origin");
    {
      await using database = openDatabase({ url });
      await migrate(database, both);
    }
    await using copy = openDatabase({ url: await server.createDatabase("copied", { template: "origin" }) });
    assert.deepEqual(await migrate(copy, both), []);
  });

  test("an older program starts on what a newer one made, and works", async () => {
    await using database = openDatabase({ url: await server.createDatabase("rolled_back") });
    assert.deepEqual(await migrate(database, both), ["0001_letters", "0002_bodies"]);
    assert.deepEqual(await migrate(database, first), []);
    await database.query({ text: "insert into letters (id) values (7)" });
    assert.deepEqual(await migrate(database, both), [], "the newer one goes on where it was");
    const { rows } = await database.query({ text: "select id, body from letters" });
    assert.deepEqual(rows, [{ id: 7n, body: null }]);
  });

  test("an older program refuses a schema that a newer release has contracted, in one sentence", async () => {
    await using database = openDatabase({ url: await server.createDatabase("contracted") });
    const contracted: Migrations = {
      ...both,
      "0003_contract_bodies": {
        up: async (db) => void (await sql`alter table letters drop column body`.execute(db)),
      },
    };
    await migrate(database, contracted);
    await assert.rejects(migrate(database, both), { code: "newer", message: /newer release has contracted/ });
    assert.deepEqual(await migrate(database, contracted), []);
  });

  test("old and new programs that start together leave the new schema", async () => {
    for (let round = 0; round < 5; round++) {
      const url = await server.createDatabase(`mixed_${round}`);
      await using one = openDatabase({ url });
      await using two = openDatabase({ url });
      await using three = openDatabase({ url });
      const ran = await Promise.all([migrate(one, first), migrate(two, both), migrate(three, first)]);
      assert.deepEqual(ran.flat().toSorted(), ["0001_letters", "0002_bodies"]);
    }
  });

  test("without a server the error is unavailable", async () => {
    await using database = openDatabase({ url: "postgres://postgres@127.0.0.1:9/none" });
    await assert.rejects(migrate(database, first), { code: "unavailable" });
  });
});
