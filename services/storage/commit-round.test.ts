import assert from "node:assert/strict";
import { test } from "node:test";
import { type Database, DatabaseError, type Query } from "@swarmpost/postgres";
import type { BodyPartitions } from "./body-partitions.ts";
import type { ChangeTable } from "./change-table.ts";
import type { Commit } from "./commit-queue.ts";
import { Round } from "./commit-round.ts";

const now = 1_000_000;
const account = Buffer.alloc(33, 5);
const node = Buffer.alloc(32, 1);

function store(name: number, stampMs = now, expiryMs = now + 5, timestampMs = stampMs): Commit {
  const key = { account, namespace: 0, hash: Buffer.alloc(32, name), timestampMs };
  const record = { kind: "store" as const, ...key, expiryMs, stamp: { ms: stampMs, node }, auth: undefined };
  return { kind: "store", record: { ...record, data: Buffer.from("x") } };
}

function bury(name: number): Commit {
  const deletion = { id: Buffer.alloc(32), account, request: Buffer.from("{}") };
  return { kind: "bury", burial: { deletion, hash: Buffer.alloc(32, name), stamp: { ms: now, node }, expiryMs: now } };
}

/** Runs a batch on a database that only counts; says what each statement named and what became of each commit. */
async function run(
  commits: readonly Commit[],
  fails: (names: number[]) => DatabaseError | undefined = () => undefined,
) {
  const statements: string[] = [];
  const values: (readonly unknown[])[] = [];
  const query = async (each: Query) => {
    const names = ((each.values ?? [])[1] as Buffer[]).map((hash) => hash[0] as number);
    statements.push(`${each.name?.slice("commit_".length)} ${names}`);
    values.push(each.values ?? []);
    const error = fails(names);
    if (error !== undefined) throw error;
    return {
      rows: names.map((name) => ({ expiry_ms: name, already: false, deleted: true, beaten_ms: null, commits: 1n })),
      rowCount: 0,
    };
  };
  const partitions = { ensure: async () => {} } as unknown as BodyPartitions;
  const database = { query } as unknown as Database;
  const changes = { bearingOn: async (targets: unknown[]) => targets.map(() => []) } as unknown as ChangeTable;
  const parts = { database, partitions, changes, clock: { now: () => now }, onCounted: () => {} };
  const results = new Map<Commit, unknown>();
  for (const round of Round.split(commits)) await round.run(parts, results);
  return { statements, values, results: commits.map((commit) => results.get(commit)) };
}

test("stores of one message in one batch are one row, with the latest stamp and end and the earliest time", async () => {
  const { statements, values, results } = await run([
    store(1, now, now + 9),
    store(1, now + 3, now + 5, now - 3),
    store(2),
    store(1),
  ]);
  assert.deepEqual(statements, ["stores 1,2"]);
  assert.deepEqual(values[0]?.[3], [now - 3, now]);
  assert.deepEqual(values[0]?.[4], [now + 9, now + 5]);
  assert.deepEqual(values[0]?.[6], [now + 3, now]);
  const stored = (name: number, already: boolean) => ({ outcome: "stored", expiryMs: name, already });
  assert.deepEqual(results, [stored(1, false), stored(1, true), stored(2, false), stored(1, true)]);
});

test("only what names a message again waits for the round after it", async () => {
  const { statements } = await run([store(1), bury(1), store(2), store(1), bury(3), store(4), bury(2)]);
  assert.deepEqual(statements, ["stores 1,2,4", "burials 3", "burials 1,2", "stores 1"]);
});

test("a batch that lost against another change is tried again, and then one by one", async () => {
  let conflicts = 1;
  const once = await run([store(1), store(2)], () => (conflicts-- > 0 ? new DatabaseError("conflict") : undefined));
  assert.deepEqual(once.statements, ["stores 1,2", "stores 1,2"]);
  assert.ok(once.results.every((result) => !(result instanceof Error)));
  const always = await run([store(1), store(2), store(3)], (names) =>
    names.includes(2) ? new DatabaseError("conflict") : undefined,
  );
  assert.deepEqual(
    always.results.map((result) => result instanceof Error),
    [false, true, false],
  );
});

test("when the database is away nothing is tried again", async () => {
  const { statements, results } = await run([store(1), store(2)], () => new DatabaseError("unavailable"));
  assert.deepEqual(statements, ["stores 1,2"]);
  assert.ok(results.every((result) => result instanceof DatabaseError));
});
