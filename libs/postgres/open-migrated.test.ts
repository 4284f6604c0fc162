import assert from "node:assert/strict";
import { test } from "node:test";
import { Health, silentLogger } from "@swarmpost/runtime";
import { eventually, sparePort, startPostgres } from "@swarmpost/testkit";
import { openDatabase, sql } from "./index.ts";
import type { Migrations } from "./migrate.ts";
import { openMigrated } from "./open-migrated.ts";

const migrations: Migrations = {
  "0001_letters": { up: async (db) => void (await sql`create table letters (id bigint)`.execute(db)) },
};

function waiting() {
  const logged: (string | undefined)[] = [];
  const logger = {
    ...silentLogger,
    warn: (_event: string, fields: { reason?: unknown } = {}) => void logged.push(String(fields.reason)),
  };
  const stop = new AbortController();
  const health = new Health();
  return { logged, stop, health, parts: { migrations, runtime: { health, logger, signal: stop.signal } } };
}

test("waits for Postgres, then for the role, then for the database, and says so", async () => {
  const port = await sparePort();
  const { logged, health, parts } = waiting();
  const url = `postgres://node@127.0.0.1:${port}/node`;
  const opening = openMigrated({ url, maxConnections: 2 }, parts);
  await eventually(() => assert.deepEqual(health.reasons(), ["database: does not answer"]));
  await using server = await startPostgres({ port });
  await using admin = openDatabase({ url: server.url(), maxConnections: 1 });
  await eventually(() => assert.deepEqual(health.reasons(), ["database: refuses the role or its password"]));
  await admin.query({ text: "create role node login" });
  await eventually(() => assert.deepEqual(health.reasons(), ["database: does not exist (yet)"]));
  await admin.query({ text: "create database node owner node" });
  await using database = await opening;
  assert.deepEqual(health.reasons(), []);
  await database.query({ text: "select from letters" });
  const reasons = ["does not answer", "refuses the role or its password", "does not exist (yet)"];
  assert.deepEqual([...new Set(logged)], reasons);
  assert.ok(logged.length <= 6, `each reason is logged once or so, not ${logged.length} times in all`);
});

test("ends at once when the process is to end", async () => {
  const { stop, parts } = waiting();
  // An address that answers nothing at all: a connection attempt hangs.
  const opening = openMigrated({ url: "postgres://node@192.0.2.1:5432/node" }, parts);
  setTimeout(() => stop.abort(), 200);
  const begin = performance.now();
  await assert.rejects(opening, { name: "AbortError" });
  assert.ok(performance.now() - begin < 3_000);
});

test("a step that fails is no reason to wait", async () => {
  await using server = await startPostgres();
  const { health, parts } = waiting();
  const broken: Migrations = { "0001_broken": { up: async (db) => void (await sql`select nonsense`.execute(db)) } };
  const opening = openMigrated({ url: server.url() }, { ...parts, migrations: broken });
  await assert.rejects(opening, { code: "failed" });
  assert.deepEqual(health.reasons(), []);
});
