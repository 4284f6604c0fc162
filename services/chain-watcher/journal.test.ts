import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate, openDatabase } from "@swarmpost/postgres";
import { startPostgres } from "@swarmpost/testkit";
import { ChainWatcherError } from "./errors.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { migrations } from "./migrations.ts";
import type { Cursor } from "./source-identity.ts";

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as const;
/** Block `height` of one of two chains that go apart. */
const at = (height: number, fork = 0): Cursor => ({ height: BigInt(height), hash: hex(height + fork * 100) });

/** A step whose last block changed the registry. */
function step(from: Cursor, to: Cursor): JournalEntry {
  return { from, to, events: [], blocks: [{ height: to.height, hash: to.hash, change: Buffer.from(to.hash) }] };
}

const conflict = (error: unknown): boolean => error instanceof ChainWatcherError && error.code === "conflict";

test("of two processes on one database only the one that stands at the cursor goes on, and the other leaves nothing", async () => {
  await using postgres = await startPostgres();
  await using database = openDatabase({ url: await postgres.createDatabase("journal") });
  await migrate(database, migrations);
  const [stale, current] = [new Journal(database), new Journal(database)];
  const contract = `0x${"11".repeat(20)}` as const;
  await current.begin({ chainId: 31_337n, genesis: hex(0), contract }, at(1));
  await stale.begin({ chainId: 31_337n, genesis: hex(0), contract }, at(9));
  await current.append(step(at(1), at(3)));
  await assert.rejects(stale.append(step(at(1), at(2))), conflict, "another moved it on");
  await assert.rejects(stale.append(step(at(1), at(4))), conflict, "also when it would move it further");
  await assert.rejects(stale.append(step(at(3, 1), at(5, 1))), conflict, "the same height of another chain");
  assert.deepEqual((await current.load())?.cursor, at(3));
  await current.append(step(at(3), at(6)));
  const changes = await current.changes(0n, 100n, 100);
  assert.deepEqual(
    changes.map(({ height }) => height),
    [3n, 6n],
  );
});
