import { type Change, lastDeletion, deletionOfAllCopies, expiryAfter, isSelective, latestExpiry } from "./change.ts";
import { type ChangeWriteParts, writeChanges } from "./change-writes.ts";
import { latest } from "./expiry-statement.ts";
import { bodyDay, type StoreRecord } from "./record.ts";
import { commitStores, type StoreResult } from "./store-statement.ts";

interface Judged {
  /** With the expiry that is left of it after later changes. */
  readonly record: StoreRecord;
  /** Stamp in ms of a later change that deleted or shortened it; 0 when there is none. */
  readonly beatenMs: number;
  readonly alive: boolean;
  /** The change that deleted it, when other copies of it may have another time. */
  readonly deletion: Change | undefined;
}

/**
 * Commits messages as far as the account's own later changes leave something of them, and says what became of each, in the
 * same order. What a later change shortens is stored with the end that is left and called superseded, like what one deleted:
 * a client that stores it now means it to be later, and gets a later stamp.
 */
export async function commitJudgedStores(
  records: readonly StoreRecord[],
  parts: ChangeWriteParts,
  nowMs: number,
): Promise<StoreResult[]> {
  const known = await parts.changes.bearingOn(records);
  const judged = records.map((record, i) => judge(record, known[i] ?? [], nowMs));
  const alive = judged.filter((each) => each.alive);
  const stores = alive.map(({ record }) => record);
  await parts.partitions.ensure(new Set(stores.map((record) => bodyDay(record.expiryMs))));
  const stored = stores.length === 0 ? [] : await commitStores(parts.database, stores, nowMs, parts.onCounted);
  const results = new Map(alive.map((each, i) => [each, stored[i]]));
  await deleteCopies(judged, parts, nowMs);
  return judged.map((each): StoreResult => {
    const result = results.get(each) ?? { outcome: "stored", expiryMs: each.record.expiryMs, already: false };
    if (each.beatenMs === 0) return result;
    return { outcome: "superseded", stampMs: each.beatenMs, isNew: each.alive && isNew(result) };
  });
}

/** Whether a message is here now that was not here before. */
export function isNew(result: StoreResult): boolean {
  return result.outcome === "stored" ? !result.already : result.isNew;
}

/** A copy that tells by its time that it was deleted tells so of those that do not. */
async function deleteCopies(judged: readonly Judged[], parts: ChangeWriteParts, nowMs: number): Promise<void> {
  const kept = judged.flatMap(({ record: { account, hash }, deletion }) =>
    deletion === undefined ? [] : [{ account, change: deletionOfAllCopies(deletion, hash), blind: false }],
  );
  if (kept.length > 0) await writeChanges({ requests: [], kept, dropped: [], moves: [] }, parts, nowMs);
}

function judge(record: StoreRecord, changes: readonly Change[], nowMs: number): Judged {
  const deleted = lastDeletion(record.stamp, changes);
  if (deleted !== undefined) {
    return { record, beatenMs: deleted.stamp.ms, alive: false, deletion: isSelective(deleted) ? deleted : undefined };
  }
  const claimed = Math.min(record.expiryMs, latestExpiry(record, changes));
  const expiryMs = expiryAfter(claimed, record.stamp, changes);
  const beatenMs =
    expiryMs < claimed
      ? latest(
          changes.map((change) => change.stamp),
          record.stamp,
        )
      : 0;
  return { record: { ...record, expiryMs }, beatenMs, alive: expiryMs > nowMs, deletion: undefined };
}
