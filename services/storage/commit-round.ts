import { DatabaseError, type Database } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import type { BodyPartitions } from "./body-partitions.ts";
import type { Commit } from "./commit-queue.ts";
import { commitBurials } from "./delete-statement.ts";
import { commitErasures } from "./erase-statement.ts";
import { bodyDay } from "./record.ts";
import { commitStores } from "./store-statement.ts";

/** What a round needs to run. */
export interface RoundParts {
  readonly database: Database;
  readonly partitions: BodyPartitions;
  readonly clock: Clock;
}

const MAX_ROUND_BYTES = 4 * 1024 * 1024;

type Kind = Commit["kind"];

function keysOf(commit: Commit): string[] {
  if (commit.kind === "store") return [key(commit.record.account, commit.record.hash)];
  if (commit.kind === "bury") return [key(commit.burial.deletion.account, commit.burial.hash)];
  return [...commit.erasure.messages, ...commit.erasure.tombstones].map((row) => key(row.account, row.hash));
}

function key(account: Buffer, hash: Buffer): string {
  return account.toString("latin1") + hash.toString("latin1");
}

/**
 * Commits that name no message twice, so that the order between them does not matter and each kind is one statement.
 * Its results are in the order of the commits; a commit that failed has its error as result.
 */
export class Round {
  readonly #commits: Commit[] = [];
  readonly #keys = new Set<string>();
  #bytes = 0;

  /** Splits a batch into rounds, in order. */
  static split(commits: readonly Commit[]): Round[] {
    let round = new Round();
    const rounds = [round];
    for (const commit of commits) {
      const keys = keysOf(commit);
      if (!round.#takes(commit, keys)) {
        round = new Round();
        rounds.push(round);
        round.#takes(commit, keys);
      }
    }
    return rounds;
  }

  #takes(commit: Commit, keys: readonly string[]): boolean {
    const bytes = commit.kind === "store" ? commit.record.data.length : 0;
    if (this.#commits.length > 0) {
      if (this.#bytes + bytes > MAX_ROUND_BYTES) return false;
      if (keys.some((each) => this.#keys.has(each))) return false;
    }
    for (const each of keys) this.#keys.add(each);
    this.#bytes += bytes;
    this.#commits.push(commit);
    return true;
  }

  /** Runs one statement for each kind. Only a programming error rejects. */
  async run(parts: RoundParts): Promise<unknown[]> {
    const results = new Map<Commit, unknown>();
    for (const kind of ["store", "bury", "erase"] as const) await this.#runKind(kind, parts, results);
    return this.#commits.map((commit) => results.get(commit));
  }

  async #runKind(kind: Kind, parts: RoundParts, results: Map<Commit, unknown>): Promise<void> {
    const commits = this.#commits.filter((commit) => commit.kind === kind);
    if (commits.length === 0) return;
    try {
      const done = await statement(commits, parts);
      commits.forEach((commit, i) => results.set(commit, done[i]));
    } catch (error) {
      const alone = error instanceof DatabaseError && error.code === "failed" && commits.length > 1;
      if (!alone) for (const commit of commits) results.set(commit, asError(error));
      else for (const commit of commits) results.set(commit, await one(commit, parts));
    }
  }
}

/** One commit must not fail the others of its batch. */
async function one(commit: Commit, parts: RoundParts): Promise<unknown> {
  return statement([commit], parts).then(
    (results) => results[0],
    (error: unknown) => asError(error),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError("not an error");
}

async function statement(commits: readonly Commit[], parts: RoundParts): Promise<readonly unknown[]> {
  const now = parts.clock.now();
  const stores = commits.flatMap((commit) => (commit.kind === "store" ? [commit.record] : []));
  if (stores.length > 0) {
    await parts.partitions.ensure(new Set(stores.map((record) => bodyDay(record.expiryMs))));
    return commitStores(parts.database, stores, now);
  }
  const burials = commits.flatMap((commit) => (commit.kind === "bury" ? [commit.burial] : []));
  if (burials.length > 0) return commitBurials(parts.database, burials, now);
  const erasures = commits.flatMap((commit) => (commit.kind === "erase" ? [commit.erasure] : []));
  await commitErasures(parts.database, erasures);
  return erasures.map(() => undefined);
}
