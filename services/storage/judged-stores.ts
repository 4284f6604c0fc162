import type { Database } from "@swarmpost/postgres";
import type { BodyPartitions } from "./body-partitions.ts";
import { type Change, deletedAt, expiryAfter, latestExpiry } from "./change.ts";
import type { ChangeTable } from "./change-table.ts";
import { latest } from "./expiry-statement.ts";
import { bodyDay, type StoreRecord } from "./record.ts";
import { commitStores, type StoreResult } from "./store-statement.ts";

/** What committing stores needs. */
export interface StoreParts {
  readonly database: Database;
  readonly partitions: BodyPartitions;
  readonly changes: ChangeTable;
  /** Told how many commits the database has after each. */
  readonly onCounted: (commits: bigint) => void;
}

interface Judged {
  /** With the expiry that is left of it after later changes. */
  readonly record: StoreRecord;
  /** Stamp in ms of a later change that deleted or shortened it; 0 when there is none. */
  readonly beatenMs: number;
  readonly alive: boolean;
}

/**
 * Commits messages as far as the account's own later changes leave something of them, and says what became of each, in the
 * same order. What a later change shortens is stored with the end that is left and called superseded, like what one deleted:
 * a client that stores it now means it to be later, and gets a later stamp.
 */
export async function commitJudgedStores(
  records: readonly StoreRecord[],
  parts: StoreParts,
  nowMs: number,
): Promise<StoreResult[]> {
  const known = await parts.changes.bearingOn(records);
  const judged = records.map((record, i) => judge(record, known[i] ?? [], nowMs));
  const alive = judged.filter((each) => each.alive);
  const stores = alive.map(({ record }) => record);
  await parts.partitions.ensure(new Set(stores.map((record) => bodyDay(record.expiryMs))));
  const stored = stores.length === 0 ? [] : await commitStores(parts.database, stores, nowMs, parts.onCounted);
  const results = new Map(alive.map((each, i) => [each, stored[i]]));
  return judged.map((each): StoreResult => {
    if (each.beatenMs > 0) return { outcome: "superseded", stampMs: each.beatenMs };
    return results.get(each) ?? { outcome: "stored", expiryMs: each.record.expiryMs, already: false };
  });
}

function judge(record: StoreRecord, changes: readonly Change[], nowMs: number): Judged {
  const deletedMs = deletedAt(record.stamp, changes);
  if (deletedMs !== undefined) return { record, beatenMs: deletedMs, alive: false };
  const claimed = Math.min(record.expiryMs, latestExpiry(record, changes));
  const expiryMs = expiryAfter(claimed, record.stamp, changes);
  const beatenMs =
    expiryMs < claimed
      ? latest(
          changes.map((change) => change.stamp),
          record.stamp,
        )
      : 0;
  return { record: { ...record, expiryMs }, beatenMs, alive: expiryMs > nowMs };
}
