import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, silentLogger } from "@swarmpost/runtime";
import { startPostgres } from "@swarmpost/testkit";
import { sql } from "kysely";
import { openDatabase } from "./database.ts";
import { type Migrations, migrateWhenThere } from "./index.ts";

const migrations: Migrations = {
  "0001_letters": { up: async (db) => void (await sql`create table letters (id bigint primary key)`.execute(db)) },
};
const parts = (signal = new AbortController().signal) => createRuntime("test", { logger: silentLogger, signal });

test("a start that comes before its database waits for the server, and for the database to be made", async () => {
  await using server = await startPostgres();
  const url = server.url("later");
  await server.stop();
  await using database = openDatabase({ url });
  let done = false;
  const migrated = migrateWhenThere(database, migrations, parts()).then(() => (done = true));
  await server.start();
  assert.equal(done, false, "there is no such database yet");
  await server.createDatabase("later");
  await migrated;
  assert.deepEqual((await database.query({ text: "select * from letters" })).rows, []);
});

test("a step that fails ends the start, and so does the wish to stop", async () => {
  await using server = await startPostgres();
  await using database = openDatabase({ url: await server.createDatabase("broken") });
  const broken: Migrations = { "0001_broken": { up: async (db) => void (await sql`select nonsense`.execute(db)) } };
  await assert.rejects(migrateWhenThere(database, broken, parts()), { code: "failed" });
  await using nowhere = openDatabase({ url: server.url("never_made") });
  const stop = new AbortController();
  const waiting = migrateWhenThere(nowhere, migrations, parts(stop.signal));
  stop.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});
