import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { type Database, openDatabase } from "./database.ts";
import { holdLock } from "./lock.ts";

describe("a lock on a real Postgres", () => {
  let server: PostgresServer;
  let one: Database;
  let two: Database;

  before(async () => {
    server = await startPostgres();
    const url = await server.createDatabase("locked");
    one = openDatabase({ url, applicationName: "lock-one" });
    two = openDatabase({ url });
  });

  after(async () => {
    await one?.[Symbol.asyncDispose]();
    await two?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test("one holds it at a time, and other names are free", async () => {
    await using lock = await holdLock(one, "a");
    await using other = await holdLock(two, "b");
    await assert.rejects(holdLock(two, "a", { waitMs: 100 }), { code: "taken" });
    assert.deepEqual([lock.held, other.held], [true, true]);
  });

  test("who waits gets it when the holder lets go", async () => {
    const first = await holdLock(one, "a");
    const second = holdLock(two, "a", { waitMs: 20_000 });
    await first[Symbol.asyncDispose]();
    await using lock = await second;
    assert.deepEqual([first.held, first.lost.aborted, lock.held], [false, false, true]);
  });

  test("a wait ends with its signal", async () => {
    await using _lock = await holdLock(one, "a");
    const stop = new AbortController();
    const waiting = holdLock(two, "a", { waitMs: 60_000, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(waiting, { name: "AbortError" });
  });

  test("the holder is told when Postgres ends its session, and another can have it", async () => {
    await using lock = await holdLock(one, "a");
    await two.query({
      text: "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lock-one'",
    });
    await eventually(() => assert.ok(lock.lost.aborted));
    assert.equal(lock.held, false);
    await using _next = await holdLock(two, "a", { waitMs: 5_000 });
  });

  test("a server that hangs is a lost lock", async () => {
    await using lock = await holdLock(one, "a", { checkMs: 200 });
    server.pause();
    await eventually(() => assert.ok(lock.lost.aborted));
    server.resume();
    await using _next = await holdLock(two, "a", { waitMs: 15_000 });
  });

  test("without a server it is unavailable", async () => {
    await using nowhere = openDatabase({ url: "postgres://postgres@127.0.0.1:9/none" });
    await assert.rejects(holdLock(nowhere, "a"), { code: "unavailable" });
  });
});
