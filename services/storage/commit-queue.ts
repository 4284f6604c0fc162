import type { Database } from "@swarmpost/postgres";
import { Batcher, type Clock } from "@swarmpost/runtime";
import type { BodyPartitions } from "./body-partitions.ts";
import type { ChangeTable } from "./change-table.ts";
import { Round } from "./commit-round.ts";
import type { Burial, BurialResult } from "./delete-statement.ts";
import type { Erasure } from "./erase-statement.ts";
import { StorageError } from "./errors.ts";
import type { Reexpiry, ReexpiryResult } from "./expiry-statement.ts";
import { isNew } from "./judged-stores.ts";
import type { RevocationRecord, StoreRecord } from "./record.ts";
import type { RevocationResult } from "./revocation-statement.ts";
import type { StoreResult } from "./store-statement.ts";
import type { Sweep, SweepResult } from "./sweep-statement.ts";

/** One thing to commit. */
export type Commit =
  | { readonly kind: "store"; readonly record: StoreRecord }
  | { readonly kind: "bury"; readonly burial: Burial }
  | { readonly kind: "revoke"; readonly record: RevocationRecord }
  | { readonly kind: "reexpire"; readonly reexpiry: Reexpiry }
  | { readonly kind: "sweep"; readonly sweep: Sweep }
  | { readonly kind: "erase"; readonly erasure: Erasure };

/** Bounds of the commit queue. */
export interface CommitQueueOptions {
  /** How long a first commit waits for company, in milliseconds. */
  readonly gatherMs: number;
  /** Most commits that wait; one more is refused. */
  readonly maxQueue: number;
}

const MAX_BATCH = 512;
const BATCH_BYTES = 16 * 1024 * 1024;
/** Messages and requests that wait: more would not be committed in time anyway. */
const QUEUE_BYTES = 256 * 1024 * 1024;

/** How many burials of one deletion are queued at a time: leaves room for others. */
export const BURIALS_TOGETHER = 256;

function weigh(commit: Commit): number {
  if (commit.kind === "store") return commit.record.data.length;
  // One request in memory, shared by all the burials that bring it.
  return commit.kind === "bury" && "request" in commit.burial.deletion
    ? commit.burial.deletion.request.length / BURIALS_TOGETHER
    : 0;
}

function ensureWritable({ writable }: { writable: () => boolean }): void {
  if (!writable()) throw new StorageError("unavailable", "the database may not be written");
}

function brought(commit: Commit, result: unknown): commit is Extract<Commit, { kind: "store" }> {
  return commit.kind === "store" && !(result instanceof Error) && isNew(result as StoreResult);
}

/**
 * The only writer of messages and tombstones. One batch is in flight at a time, so sequence numbers become visible in
 * their own order: a reader that pages by `last_hash` can never step over a message that is committed later.
 */
export class CommitQueue implements AsyncDisposable {
  readonly #batcher: Batcher<Commit, unknown>;

  constructor(
    options: CommitQueueOptions,
    parts: {
      database: Database;
      partitions: BodyPartitions;
      changes: ChangeTable;
      clock: Clock;
      onBatch?: (size: number, seconds: number) => void;
      /** Told of each message that was not here before, once it can be read. */
      onStored?: (account: Buffer, namespace: number) => void;
      /** Told of each account of which tokens were revoked or put in force again, once that is so. */
      onRevoked?: (account: Buffer) => void;
      /** Told how many commits the database has after each. */
      onCounted: (commits: bigint) => void;
      /** Whether this storage has the right to write. */
      writable: () => boolean;
    },
  ) {
    const weights = { weigh, maxBatchWeight: BATCH_BYTES, maxQueueWeight: QUEUE_BYTES };
    const limits = { maxBatch: MAX_BATCH, maxDelayMs: options.gatherMs, maxQueue: options.maxQueue, ...weights };
    this.#batcher = new Batcher(limits, async (commits) => {
      const startedMs = performance.now();
      const results = new Map<Commit, unknown>();
      ensureWritable(parts);
      for (const round of Round.split(commits)) await round.run(parts, results);
      // Lost meanwhile: another may have written already, so nothing of this is acknowledged.
      ensureWritable(parts);
      for (const commit of commits) {
        if (commit.kind === "revoke") parts.onRevoked?.(commit.record.account);
        if (brought(commit, results.get(commit))) parts.onStored?.(commit.record.account, commit.record.namespace);
      }
      parts.onBatch?.(commits.length, (performance.now() - startedMs) / 1_000);
      return commits.map((commit) => results.get(commit));
    });
  }

  /** Stores one message. @throws StorageError "unavailable": it may or may not be committed. */
  async store(record: StoreRecord): Promise<StoreResult> {
    return (await this.#add({ kind: "store", record })) as StoreResult;
  }

  /** Deletes one message and leaves its tombstone. @throws StorageError "unavailable". */
  async bury(burial: Burial): Promise<BurialResult> {
    return (await this.#add({ kind: "bury", burial })) as BurialResult;
  }

  /** Revokes tokens or puts them in force again. @throws StorageError "unavailable". */
  async revoke(record: RevocationRecord): Promise<RevocationResult> {
    return (await this.#add({ kind: "revoke", record })) as RevocationResult;
  }

  /** Changes the expiry of one message. @throws StorageError "unavailable". */
  async reexpire(reexpiry: Reexpiry): Promise<ReexpiryResult> {
    return (await this.#add({ kind: "reexpire", reexpiry })) as ReexpiryResult;
  }

  /** Does one part of a bulk change. @throws StorageError "unavailable". */
  async sweep(sweep: Sweep): Promise<SweepResult> {
    return (await this.#add({ kind: "sweep", sweep })) as SweepResult;
  }

  /** Removes what was handed over. @throws StorageError "unavailable". */
  async erase(erasure: Erasure): Promise<void> {
    await this.#add({ kind: "erase", erasure });
  }

  /** Resolves when all that was added before is committed (or has failed). */
  async barrier(): Promise<void> {
    await this.#add({ kind: "erase", erasure: { messages: [], tombstones: [] } });
  }

  async #add(commit: Commit): Promise<unknown> {
    const result = await this.#batcher.add(commit).catch((error: unknown) => {
      throw new StorageError("unavailable", "the commit queue takes nothing", { cause: error });
    });
    if (result instanceof Error) throw new StorageError("unavailable", "a commit failed", { cause: result });
    return result;
  }

  /** Refuses new commits and resolves when all earlier ones are done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batcher[Symbol.asyncDispose]();
  }
}
