import { randomBytes } from "@swarmpost/crypto";
import { type Database, migrate, openDatabase } from "@swarmpost/postgres";
import { systemClock } from "@swarmpost/runtime";
import { startPostgres } from "@swarmpost/testkit";
import { BodyPartitions } from "../body-partitions.ts";
import { ChangeTable } from "../change-table.ts";
import { CommitQueue } from "../commit-queue.ts";
import { migrations } from "../migrations.ts";

/** The commit queue of a storage on a database of its own, without a network. */
export interface TestCommits extends AsyncDisposable {
  readonly database: Database;
  readonly commits: CommitQueue;
  /** Accounts of which a message became readable that was not here before, hexadecimal, in this order. */
  readonly woken: readonly string[];
}

/** Starts a database with the tables of a storage. */
export async function startTestCommits(): Promise<TestCommits> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const database = stack.use(openDatabase({ url: postgres.url(), maxConnections: 2 }));
  await migrate(database, migrations);
  const woken: string[] = [];
  const tables = { database, partitions: new BodyPartitions(database), changes: new ChangeTable(database) };
  const told = { onCounted: () => {}, onStored: (account: Buffer) => void woken.push(account.toString("hex")) };
  const parts = { ...tables, ...told, clock: systemClock, writable: () => true };
  const commits = stack.use(new CommitQueue({ gatherMs: 0, maxQueue: 10_000 }, parts));
  const opened = stack.move();
  return { database, commits, woken, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** An account of random bytes, 33 of them. */
export function randomAccount(): Buffer {
  return Buffer.concat([Buffer.of(5), randomBytes(32)]);
}
