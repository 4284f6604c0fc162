import { DatabaseError, type Database } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import { isPublicOutbox, namespace } from "@swarmpost/storage-rpc";
import type { BodyPartitions } from "./body-partitions.ts";
import type { Commit } from "./commit-queue.ts";
import { commitBurials } from "./delete-statement.ts";
import { commitErasures } from "./erase-statement.ts";
import type { ChangeTable } from "./change-table.ts";
import { commitExpiries } from "./expiry-statement.ts";
import { commitJudgedStores } from "./judged-stores.ts";
import type { StoreRecord } from "./record.ts";
import { commitRevocations } from "./revocation-statement.ts";
import { compareStamps } from "./stamp.ts";
import type { StoreResult } from "./store-statement.ts";
import { commitSweep } from "./sweep-statement.ts";

/** What a round needs to run. */
export interface RoundParts {
  readonly database: Database;
  readonly partitions: BodyPartitions;
  readonly changes: ChangeTable;
  readonly clock: Clock;
  /** Told how many commits the database has after each. */
  readonly onCounted: (commits: bigint) => void;
}

const MAX_ROUND_BYTES = 4 * 1024 * 1024;

function keysOf(commit: Commit): string[] {
  if (commit.kind === "store") return storeKeys(commit.record);
  if (commit.kind === "bury") return [key(commit.burial.deletion.account, commit.burial.hash)];
  if (commit.kind === "revoke") return commit.record.tokens.map((token) => key(commit.record.account, token));
  if (commit.kind === "reexpire") return [key(commit.reexpiry.account, commit.reexpiry.change.hash)];
  if (commit.kind === "sweep") return [];
  const { messages, tombstones, revocations = [] } = commit.erasure;
  const tokens = revocations.flatMap(({ account, tokens }) => tokens.map((token) => key(account, token)));
  return [...[...messages, ...tombstones].map((row) => key(row.account, row.hash)), ...tokens];
}

/** An outbox keeps one message, so two of them in it follow each other. */
function storeKeys({ account, hash, namespace: ns }: StoreRecord): string[] {
  const own = key(account, hash);
  return isPublicOutbox(namespace(ns)) ? [own, key(account, Buffer.from(`outbox ${ns}`))] : [own];
}

function bytesOf(commit: Commit): number {
  return commit.kind === "store" ? commit.record.data.length : 0;
}

function key(account: Buffer, hash: Buffer): string {
  return account.toString("latin1") + hash.toString("latin1");
}

/** One thing to do, for one commit or for several stores of the same message. */
interface Entry {
  commit: Commit;
  readonly of: Commit[];
}

/**
 * Commits that name no message twice, so that the order between them does not matter and each kind is one statement. Every
 * round costs a commit to disk that the whole batch waits for: stores of the same message share one entry, and what must
 * come after another commit goes into the round after that one, while all others stay in the first.
 */
export class Round {
  readonly #entries: Entry[] = [];
  #bytes = 0;

  /** Splits a batch into rounds, to be run in order. */
  static split(commits: readonly Commit[]): Round[] {
    const rounds: Round[] = [];
    let last = new Map<string, { at: number; entry: Entry }>();
    let least = 0;
    for (const commit of commits) {
      const keys = keysOf(commit);
      if (joined(commit, last.get(keys[0] ?? "")?.entry)) continue;
      // Bulk changes are rare: they begin a round of their own, and what follows another.
      if (commit.kind === "sweep") {
        rounds.push(Round.#of(commit));
        least = rounds.length;
        last = new Map();
        continue;
      }
      let at = keys.reduce((next, each) => Math.max(next, (last.get(each)?.at ?? -1) + 1), least);
      for (let round = rounds[at]; round !== undefined && Round.#full(round, commit); round = rounds[++at]);
      const round = (rounds[at] ??= new Round());
      const entry = { commit, of: [commit] };
      round.#entries.push(entry);
      round.#bytes += bytesOf(commit);
      for (const each of keys) last.set(each, { at, entry });
    }
    return rounds;
  }

  static #of(commit: Commit): Round {
    const round = new Round();
    round.#entries.push({ commit, of: [commit] });
    return round;
  }

  static #full(round: Round, commit: Commit): boolean {
    return round.#entries.length > 0 && round.#bytes + bytesOf(commit) > MAX_ROUND_BYTES;
  }

  /** Runs one statement for each kind and says what became of each commit; its error, when it failed. */
  async run(parts: RoundParts, results: Map<Commit, unknown>): Promise<void> {
    for (const kind of ["store", "bury", "revoke", "reexpire", "sweep", "erase"] as const) {
      const entries = this.#entries.filter(({ commit }) => commit.kind === kind);
      if (entries.length === 0) continue;
      const commits = entries.map(({ commit }) => commit);
      const done = await all(commits, parts);
      entries.forEach((entry, i) => tell(entry, done[i], results));
    }
  }
}

/** Whether a store could be added to an earlier one of the same message: the later stamp and the later end count. */
function joined(commit: Commit, entry: Entry | undefined): boolean {
  if (entry === undefined || commit.kind !== "store" || entry.commit.kind !== "store") return false;
  const [one, two] = [entry.commit.record, commit.record];
  if (one.namespace !== two.namespace) return false;
  const record = compareStamps(two.stamp, one.stamp) > 0 ? two : one;
  const expiryMs = Math.max(one.expiryMs, two.expiryMs);
  const isOutbox = isPublicOutbox(namespace(one.namespace));
  const timestampMs = isOutbox ? one.timestampMs : Math.min(one.timestampMs, two.timestampMs);
  entry.commit = { kind: "store", record: { ...record, expiryMs, timestampMs } };
  entry.of.push(commit);
  return true;
}

function tell({ of }: Entry, result: unknown, results: Map<Commit, unknown>): void {
  const [first, ...others] = of;
  if (first !== undefined) results.set(first, result);
  for (const other of others)
    results.set(other, result instanceof Error ? result : { ...(result as object), ...again(result) });
}

/** What followed another store of the same message in the same batch found it there. */
function again(result: unknown): { already: true } | { isNew: false } {
  return (result as StoreResult).outcome === "stored" ? { already: true } : { isNew: false };
}

/** One statement for all; when that fails for what is in it, again, and then one for each. */
async function all(commits: readonly Commit[], parts: RoundParts): Promise<readonly unknown[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement(commits, parts);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : "unavailable";
      if (code === "conflict" && attempt === 1) continue;
      if (code === "unavailable" || commits.length === 1) return commits.map(() => asError(error));
      const results: unknown[] = [];
      for (const commit of commits) results.push(...(await all([commit], parts)));
      return results;
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError("not an error");
}

async function statement(commits: readonly Commit[], parts: RoundParts): Promise<readonly unknown[]> {
  const now = parts.clock.now();
  const stores = commits.flatMap((commit) => (commit.kind === "store" ? [commit.record] : []));
  if (stores.length > 0) return commitJudgedStores(stores, parts, now);
  const burials = commits.flatMap((commit) => (commit.kind === "bury" ? [commit.burial] : []));
  if (burials.length > 0) return commitBurials(parts.database, burials, now, parts.onCounted);
  const revocations = commits.flatMap((commit) => (commit.kind === "revoke" ? [commit.record] : []));
  if (revocations.length > 0) return commitRevocations(parts.database, revocations, parts.onCounted);
  const reexpiries = commits.flatMap((commit) => (commit.kind === "reexpire" ? [commit.reexpiry] : []));
  if (reexpiries.length > 0) return commitExpiries(reexpiries, parts, now);
  const [sweep] = commits.flatMap((commit) => (commit.kind === "sweep" ? [commit.sweep] : []));
  if (sweep !== undefined) return [await commitSweep(sweep, parts, now)];
  const erasures = commits.flatMap((commit) => (commit.kind === "erase" ? [commit.erasure] : []));
  await commitErasures(parts.database, erasures);
  return erasures.map(() => undefined);
}
