import { type Change, type Effect, effectsOf, requestId } from "./change.ts";
import { BURIALS_TOGETHER, type CommitQueue } from "./commit-queue.ts";
import type { Reexpiry } from "./expiry-statement.ts";
import type { ChangedMessage } from "./outcome-codec.ts";
import type { ChangeRecord } from "./record.ts";

/** What a change did here. */
export interface ChangeOutcome {
  readonly hits: readonly ChangedMessage[];
  readonly unchanged: readonly ChangedMessage[];
  readonly beatenMs: number;
}

/** Most messages that a bulk change lists; it changes all of them. */
export const MAX_LISTED = 10_000;

type ExpireChange = Change & { readonly hash: Buffer };

/**
 * Does a verified change on this node, in parts so that others get their turn. What it has to do is kept first and the request
 * last: one that was broken off is done again.
 *
 * @throws StorageError "unavailable" when it was not surely done.
 */
export async function doChange(record: Omit<ChangeRecord, "kind">, commits: CommitQueue): Promise<ChangeOutcome> {
  const id = requestId(record.request);
  const changes = effectsOf(record.change, record.stamp).map((effect: Effect) => ({
    ...effect,
    stamp: record.stamp,
    id,
  }));
  const [first] = changes;
  return first !== undefined && first.hash === undefined
    ? sweepAll(record, first, commits)
    : expireEach(record, changes as ExpireChange[], commits);
}

async function expireEach(
  { account, stamp, request }: Omit<ChangeRecord, "kind">,
  changes: readonly ExpireChange[],
  commits: CommitQueue,
): Promise<ChangeOutcome> {
  const hits: ChangedMessage[] = [];
  const unchanged: ChangedMessage[] = [];
  let beatenMs = 0;
  for (let from = 0; from < changes.length; from += BURIALS_TOGETHER) {
    const chunk = changes.slice(from, from + BURIALS_TOGETHER);
    const signed = { account, stamp, request, id: requestId(request) };
    const last = from + BURIALS_TOGETHER >= changes.length ? chunk.at(-1) : undefined;
    const parts = chunk.map((change): Reexpiry => ({ account, change, request: change === last ? signed : undefined }));
    const results = await Promise.all(parts.map((part) => commits.reexpire(part)));
    for (const [i, { outcome, expiryMs, beatenMs: beaten }] of results.entries()) {
      const hash = chunk[i]?.hash;
      if (hash !== undefined && outcome !== "absent") {
        (outcome === "updated" ? hits : unchanged).push({ hash, namespace: 0, expiryMs });
      }
      beatenMs = Math.max(beatenMs, beaten);
    }
  }
  return { hits, unchanged, beatenMs };
}

async function sweepAll(
  { account, stamp, request }: Omit<ChangeRecord, "kind">,
  change: Change,
  commits: CommitQueue,
): Promise<ChangeOutcome> {
  const hits: ChangedMessage[] = [];
  const signed = { account, stamp, request, id: change.id };
  const expiryMs = change.mode === "delete" ? 0 : change.valueMs;
  let beatenMs = 0;
  for (let after: Buffer | undefined; ; ) {
    const part = await commits.sweep({ account, change, request: signed, after });
    const listed = part.hits.slice(0, MAX_LISTED - hits.length);
    hits.push(...listed.map(({ hash, namespace }) => ({ hash, namespace, expiryMs })));
    beatenMs = Math.max(beatenMs, part.beatenMs);
    if (part.next === undefined) return { hits, unchanged: [], beatenMs };
    after = part.next;
  }
}
