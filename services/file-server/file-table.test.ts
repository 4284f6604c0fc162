import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openMigrated } from "@swarmpost/postgres";
import { createRuntime, silentLogger } from "@swarmpost/runtime";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { FileTable, UNFINISHED_MS } from "./file-table.ts";
import { migrations } from "./migrations.ts";

const nowMs = 20_000 * 86_400_000;
const expiresMs = nowMs + 86_400_000;

describe("what a real Postgres knows of files", () => {
  let postgres: PostgresServer;
  let database: Database & AsyncDisposable;
  let table: FileTable;

  before(async () => {
    postgres = await startPostgres();
    const connection = {
      url: await postgres.createDatabase("files"),
      maxConnections: 2,
      applicationName: "file-server",
    };
    const runtime = createRuntime("file-server", { logger: silentLogger });
    database = await openMigrated(connection, { migrations, runtime });
    table = new FileTable(database);
  });

  after(async () => {
    await database?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  test("a name is given once, and is no file before its bytes are there", async () => {
    assert.equal(await table.begin("one", nowMs), true);
    assert.equal(await table.begin("one", nowMs), false);
    assert.equal(await table.find("one", nowMs), undefined);
    assert.equal(await table.extend("one", { nowMs, expiresMs }), undefined);
    assert.equal(await table.finish("one", { size: 3, expiresMs }), true);
    assert.deepEqual(await table.find("one", nowMs), { size: 3, uploadedMs: nowMs, expiresMs });
    assert.equal(await table.finish("one", { size: 4, expiresMs }), false, "it ends once");
    assert.equal(await table.find("one", expiresMs), undefined, "its time is over");
  });

  test("an upload that took too long is no file when it ends after all", async () => {
    await table.begin("slow", nowMs);
    assert.ok(!(await table.expired(nowMs + UNFINISHED_MS - 1, 100)).includes("slow"));
    assert.ok((await table.expired(nowMs + UNFINISHED_MS, 100)).includes("slow"));
    assert.equal(await table.finish("slow", { size: 3, expiresMs }), false);
    assert.equal(await table.find("slow", nowMs), undefined);
  });

  test("an upload that was given up is removed at once, a file is not", async () => {
    await table.begin("given-up", nowMs);
    await table.abandon("given-up");
    await table.begin("kept", nowMs);
    await table.finish("kept", { size: 1, expiresMs });
    await table.abandon("kept");
    const removed = await table.expired(nowMs, 100);
    assert.ok(removed.includes("given-up") && !removed.includes("kept"));
    await table.forget(["given-up", "kept"], nowMs);
    assert.equal(await table.begin("given-up", nowMs), true, "its name is free again");
    assert.ok((await table.find("kept", nowMs)) !== undefined);
  });
});
