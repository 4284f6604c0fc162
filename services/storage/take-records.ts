import type { Clock } from "@swarmpost/runtime";
import { checkDeleteAuth, type ConvertKey } from "@swarmpost/storage-rpc";
import type { CommitQueue } from "./commit-queue.ts";
import { decodeDeleteRequest, requestHashes } from "./delete-request.ts";
import type { Deletion } from "./delete-statement.ts";
import { deletionOf } from "./executor.ts";
import type { TombstoneEntry } from "./message-key.ts";
import type { RevocationRecord, StoreRecord } from "./record.ts";
import type { RevocationTable } from "./revocation-table.ts";
import { STAMP_TOLERANCE_MS } from "./stamp.ts";
import { TOMBSTONE_LIFE_MS } from "./tombstone-life.ts";
import { recordFault } from "./verify-record.ts";

/** What taking over needs. */
export interface TakeParts {
  readonly commits: CommitQueue;
  readonly clock: Clock;
  readonly convert: ConvertKey;
  /** Whether this node keeps an account; what is not ours is never taken. */
  readonly keeps: (account: Buffer) => boolean;
}

/** Takes messages of another node, each verified. True for each that is settled here: stored, or deleted or shortened since. */
export async function takeRecords(records: readonly StoreRecord[], parts: TakeParts): Promise<boolean[]> {
  return Promise.all(
    records.map(async (record) => {
      const now = parts.clock.now();
      if (!parts.keeps(record.account) || record.expiryMs <= now) return false;
      if (recordFault(record, now, parts.convert) !== undefined) return false;
      const result = await parts.commits.store(record);
      return result.outcome === "superseded" || result.expiryMs > now;
    }),
  );
}

/** Takes tombstones of another node, each only with the account's own signed request that names it. */
export async function takeTombstones(
  deletions: readonly Omit<Deletion, "id">[],
  tombstones: readonly TombstoneEntry[],
  parts: TakeParts,
): Promise<boolean[]> {
  const known = new Map(deletions.flatMap((deletion) => verified(deletion, parts.convert)));
  return Promise.all(
    tombstones.map(async (tombstone) => {
      const now = parts.clock.now();
      const found = known.get(tombstone.deletion.toString("latin1"));
      const fits = found?.deletion.account.equals(tombstone.account) && found.hashes.has(key(tombstone.hash));
      if (!found || !fits || !parts.keeps(tombstone.account)) return false;
      if (tombstone.stamp.ms > now + STAMP_TOLERANCE_MS) return false;
      const { deletion } = found;
      const expiryMs = Math.min(tombstone.expiryMs, tombstone.stamp.ms + TOMBSTONE_LIFE_MS);
      await parts.commits.bury({ deletion, hash: tombstone.hash, stamp: tombstone.stamp, expiryMs });
      return true;
    }),
  );
}

/** Takes revocations of another node, each verified. True for each that is settled here. */
export async function takeRevocations(
  records: readonly RevocationRecord[],
  parts: TakeParts & { readonly revocationTable: Pick<RevocationTable, "missing"> },
): Promise<boolean[]> {
  const ours = (record: RevocationRecord) =>
    parts.keeps(record.account) && recordFault(record, parts.clock.now(), parts.convert) === undefined;
  const missing = new Set(await parts.revocationTable.missing(records));
  return Promise.all(
    records.map(async (record) => {
      if (!ours(record)) return false;
      if (missing.has(record)) await parts.commits.revoke(record);
      return true;
    }),
  );
}

interface Verified {
  readonly deletion: Deletion;
  readonly hashes: ReadonlySet<string>;
}

function verified(given: Omit<Deletion, "id">, convert: ConvertKey): [string, Verified][] {
  const hashes = new Set(requestHashes(given.request, given.account).map(key));
  if (checkDeleteAuth(decodeDeleteRequest(given.request), convert) !== undefined) return [];
  const deletion = deletionOf(given.account, given.request);
  return [[deletion.id.toString("latin1"), { deletion, hashes }]];
}

function key(hash: Buffer): string {
  return hash.toString("latin1");
}
