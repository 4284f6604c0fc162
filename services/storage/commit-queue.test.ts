import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "@swarmpost/postgres";
import { BodyPartitions } from "./body-partitions.ts";
import { ChangeTable } from "./change-table.ts";
import { CommitQueue } from "./commit-queue.ts";

/** A queue before a database that takes everything; `writable` answers one after another. */
function queue(database: Database, writable: () => boolean): CommitQueue {
  const tables = { database, partitions: new BodyPartitions(database), changes: new ChangeTable(database) };
  const parts = { ...tables, clock: { now: () => 0 }, onCounted: () => {}, writable };
  return new CommitQueue({ gatherMs: 0, maxQueue: 10 }, parts);
}

const erasure = { messages: [], tombstones: [] };
const unavailable = { code: "unavailable" };

test("nothing is acknowledged that was committed while the right to write was lost", async () => {
  const held = [true, false];
  const database = { query: async () => ({ rows: [], rowCount: 0 }) } as unknown as Database;
  await using commits = queue(database, () => held.shift() ?? true);
  await assert.rejects(commits.erase(erasure), unavailable);
  assert.deepEqual(held, [], "asked before and after the commit");
  await commits.erase(erasure);
});

test("nothing is sent to a database without the right to write", async () => {
  let queries = 0;
  const database = { query: async () => ({ rows: [], rowCount: queries++ }) } as unknown as Database;
  await using commits = queue(database, () => false);
  await assert.rejects(commits.erase(erasure), unavailable);
  assert.equal(queries, 0);
});
