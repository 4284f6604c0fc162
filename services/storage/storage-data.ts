import { type NodeKeys, pubkeyBytes } from "@swarmpost/crypto";
import { type Database, migrate, onceReachable, openDatabase } from "@swarmpost/postgres";
import type { Clock, Runtime } from "@swarmpost/runtime";
import { BodyPartitions } from "./body-partitions.ts";
import { ChangeTable } from "./change-table.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { StorageConfig } from "./config.ts";
import { COMMIT_PART, type CommitPart, DatabaseIdentity } from "./database-identity.ts";
import { DatabaseLease } from "./database-lease.ts";
import { Expiry } from "./expiry.ts";
import { LongPolls } from "./long-polls.ts";
import { MessageTable } from "./message-table.ts";
import type { StorageMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { Pending } from "./pending.ts";
import { PollQueue } from "./poll-queue.ts";
import { RevocationQueue } from "./revocation-queue.ts";
import { RevocationTable } from "./revocation-table.ts";
import { TombstoneTable } from "./tombstone-table.ts";

/** Everything that stands on this node's database. */
export interface StorageData extends AsyncDisposable {
  readonly database: Database;
  readonly lease: DatabaseLease;
  readonly identity: DatabaseIdentity;
  readonly commits: CommitQueue;
  readonly polls: PollQueue;
  readonly waits: LongPolls;
  readonly pending: Pending;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly changes: ChangeTable;
  readonly revocationTable: RevocationTable;
  readonly revocations: RevocationQueue;
  readonly expiry: Expiry;
}

/**
 * Opens the database (waiting for one that is not there yet), takes it for this node alone, brings its schema up to date and
 * opens what stands on it. @throws StorageError "database-taken" or "foreign-database", DatabaseError.
 */
export async function openStorageData(
  config: StorageConfig,
  { runtime, metrics, keys }: { runtime: Runtime; metrics: StorageMetrics; keys: NodeKeys },
): Promise<StorageData> {
  await using stack = new AsyncDisposableStack();
  const { clock } = runtime;
  const connections = { maxConnections: config.DATABASE_CONNECTIONS, applicationName: "swarmpost-storage" };
  const database = stack.use(openDatabase({ url: config.DATABASE_URL, ...connections }));
  const lease = stack.use(await DatabaseLease.take(database, runtime, config.DATABASE_LOCK_WAIT_MS));
  await onceReachable(runtime, () => migrate(database, migrations));
  const identity = new DatabaseIdentity({ database, node: pubkeyBytes(keys.pubkey) });
  await onceReachable(runtime, () => identity.take());
  lease.follow(identity);
  const taken = {
    database,
    lease,
    identity,
    partitions: new BodyPartitions(database),
    changes: new ChangeTable(database),
    clock,
  };
  const queues = openQueues(config, { ...taken, metrics }, stack);
  await queues.pending.load();
  const opened = stack.move();
  return {
    ...taken,
    ...queues,
    messages: new MessageTable(database),
    tombstones: new TombstoneTable(database),
    expiry: new Expiry({ ...taken, pending: queues.pending }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Taken {
  readonly database: Database;
  readonly lease: DatabaseLease;
  readonly identity: DatabaseIdentity;
  readonly partitions: BodyPartitions;
  readonly changes: ChangeTable;
  readonly clock: Clock;
  readonly metrics: StorageMetrics;
}

/** What gathers work for the database, each disposed before the lease ends. */
function openQueues(
  config: StorageConfig,
  { identity, metrics, ...parts }: Taken,
  stack: AsyncDisposableStack,
): Omit<StorageData, keyof Taken | "messages" | "tombstones" | "expiry" | typeof Symbol.asyncDispose> {
  const counted = (part: CommitPart) => (commits: bigint) => identity.counted(part, commits);
  const missed = { onMissed: (frames: number) => metrics.missed.inc(frames), onCounted: counted(COMMIT_PART.missed) };
  const bounds = { maxFrames: config.PENDING_FRAMES, maxBytes: config.PENDING_BYTES };
  const pending = stack.use(new Pending(bounds, { ...parts, ...missed }));
  const limits = { maxQueue: config.QUEUE_LENGTH };
  const gathered = { gatherMs: config.POLL_GATHER_MS, ...limits };
  const polls = stack.use(new PollQueue(gathered, parts));
  const revocationTable = new RevocationTable(parts.database);
  const revocations = stack.use(new RevocationQueue(gathered, revocationTable));
  const readers = { maxReaders: config.WAITING_READERS, maxReadersPerCaller: config.WAITING_READERS_PER_CALLER };
  const waits = new LongPolls(readers, { read: (poll) => polls.poll(poll) });
  const onStored = (account: Buffer, namespace: number) => waits.stored(account, namespace);
  const onRevoked = (account: Buffer) => waits.recheck((each) => each.equals(account));
  const written = { onStored, onRevoked, onBatch: metrics.committed, onCounted: counted(COMMIT_PART.messages) };
  const writable = () => parts.lease.held;
  const commits = new CommitQueue({ gatherMs: config.COMMIT_GATHER_MS, ...limits }, { ...parts, ...written, writable });
  return { pending, polls, waits, revocations, revocationTable, commits: stack.use(commits) };
}
