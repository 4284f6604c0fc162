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

  test("without a server the error is unavailable", async () => {
    await using database = openDatabase({ url: "postgres://postgres@127.0.0.1:9/none" });
    await assert.rejects(migrate(database, first), { code: "unavailable" });
  });
});
