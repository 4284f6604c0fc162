import { type Database, DatabaseError, migrate, openDatabase } from "@swarmpost/postgres";
import { errorFields, type Runtime, retryForever } from "@swarmpost/runtime";
import { BodyPartitions } from "./body-partitions.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { StorageConfig } from "./config.ts";
import { Expiry } from "./expiry.ts";
import { MessageTable } from "./message-table.ts";
import type { StorageMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { Pending } from "./pending.ts";
import { PollQueue } from "./poll-queue.ts";
import { TombstoneTable } from "./tombstone-table.ts";

/** Everything that stands on this node's database. */
export interface StorageData extends AsyncDisposable {
  readonly database: Database;
  readonly commits: CommitQueue;
  readonly polls: PollQueue;
  readonly pending: Pending;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly expiry: Expiry;
}

/** Opens the database, brings its schema up to date (waiting for a database that is not there yet) and what stands on it. */
export async function openStorageData(
  config: StorageConfig,
  { runtime, metrics }: { runtime: Runtime; metrics: StorageMetrics },
): Promise<StorageData> {
  await using stack = new AsyncDisposableStack();
  const { clock } = runtime;
  const connections = { maxConnections: config.DATABASE_CONNECTIONS, applicationName: "swarmpost-storage" };
  const database = stack.use(openDatabase({ url: config.DATABASE_URL, ...connections }));
  await prepared(database, runtime);
  const partitions = new BodyPartitions(database);
  const pending = stack.use(
    new Pending(
      { maxFrames: config.PENDING_FRAMES, maxBytes: config.PENDING_BYTES },
      { database, onMissed: (frames) => metrics.missed.inc(frames) },
    ),
  );
  await pending.load();
  const limits = { maxQueue: config.QUEUE_LENGTH };
  const polls = stack.use(new PollQueue({ gatherMs: config.POLL_GATHER_MS, ...limits }, { database, clock }));
  const commits = stack.use(
    new CommitQueue(
      { gatherMs: config.COMMIT_GATHER_MS, ...limits },
      { database, partitions, clock, onBatch: metrics.committed },
    ),
  );
  const opened = stack.move();
  return {
    database,
    commits,
    polls,
    pending,
    messages: new MessageTable(database),
    tombstones: new TombstoneTable(database),
    expiry: new Expiry({ database, partitions, pending, clock }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A database that is not there yet is waited for; any other failure ends the start. */
async function prepared(database: Database, runtime: Runtime): Promise<void> {
  const onFailure = (error: unknown) => runtime.logger.warn("database_not_ready", errorFields(error));
  const failure = await retryForever(runtime.signal, { minMs: 100, maxMs: 5_000, onFailure }, async () => {
    try {
      await migrate(database, migrations);
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === "unavailable") throw error;
      return error;
    }
  });
  if (failure !== undefined) throw failure;
}
