import { type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import { Batcher } from "@swarmpost/runtime";
import { COMMIT_PART } from "./database-identity.ts";
import { StorageError } from "./errors.ts";
import type { ReplicaRecord } from "./record.ts";

/** Bounds of what is kept for one member. */
export interface PendingOptions {
  /** Frames kept for one member; above it the member is marked to be offered everything when it returns. */
  readonly maxFrames: number;
  /** The same for the bytes of the frames. */
  readonly maxBytes: number;
}

/** What keeping missed frames needs. */
export interface PendingParts {
  readonly database: Database;
  /** Told how many frames were missed. */
  readonly onMissed: (frames: number) => void;
  /** Told how many commits the database has after each. */
  readonly onCounted: (commits: bigint) => void;
}

/** A frame that a member did not confirm. */
export interface PendingFrame {
  readonly id: bigint;
  readonly account: Buffer;
  /** When it is no longer worth anything, in milliseconds since the epoch. */
  readonly expiryMs: number;
  readonly record: Buffer;
}

interface Row {
  readonly target: Buffer;
  readonly account: Buffer;
  readonly expiryMs: number;
  readonly record: Buffer;
}

const MAX_BATCH = 512;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Frames on their way to the disk. */
const QUEUE_BYTES = 128 * 1024 * 1024;
const PURGE = 1_000;
/** A deletion is worth delivering as long as any message can live. */
const DELETE_LIFE_MS = 30 * 86_400_000;

/**
 * What members have missed, on disk before the client is told that its message is safe. The table is the truth; the
 * counts in memory only bound it and say for whom there is work.
 */
export class Pending implements AsyncDisposable {
  readonly #options: PendingOptions;
  readonly #database: Database;
  readonly #onMissed: (frames: number) => void;
  readonly #onCounted: (commits: bigint) => void;
  readonly #counts = new Map<Pubkey, number>();
  readonly #bytes = new Map<Pubkey, number>();
  readonly #overflowed = new Set<Pubkey>();
  /** Frames added since the start; tells that a look at the table came too early to say that it is empty. */
  #added = 0;
  #adding = 0;
  readonly #writes: Batcher<Row, void>;

  constructor(options: PendingOptions, parts: PendingParts) {
    this.#options = options;
    this.#database = parts.database;
    this.#onMissed = parts.onMissed;
    this.#onCounted = parts.onCounted;
    const limits = { maxBatch: MAX_BATCH, maxBatchWeight: BATCH_BYTES, maxQueue: 50_000, maxQueueWeight: QUEUE_BYTES };
    const weigh = (row: Row) => row.record.length;
    this.#writes = new Batcher({ ...limits, maxDelayMs: 2, weigh }, (rows) => this.#insert(rows));
  }

  /** Reads for whom there is something; once at start. @throws DatabaseError */
  async load(): Promise<void> {
    const { rows } = await this.#database.query<{ target: Buffer; count: bigint; bytes: bigint }>({
      text: `select target, count(*) as count, sum(length(record))::bigint as bytes from pending_replica group by target`,
    });
    for (const row of rows) {
      this.#counts.set(pubkey(row.target), Number(row.count));
      this.#bytes.set(pubkey(row.target), Number(row.bytes));
    }
    const overflow = await this.#database.query<{ target: Buffer }>({ text: "select target from pending_overflow" });
    for (const row of overflow.rows) this.#overflowed.add(pubkey(row.target));
  }

  /** Frames kept for one member: an estimate, but 0 only when there are none. More than are kept counts as one more. */
  keptFor(target: Pubkey): number {
    return (this.#counts.get(target) ?? 0) + (this.#overflowed.has(target) ? 1 : 0);
  }

  /** Members that have missed frames. */
  get targets(): Pubkey[] {
    return [...new Set([...this.#counts.keys(), ...this.#overflowed])];
  }

  /** Frames kept in all. */
  get size(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether a member has missed more than is kept. */
  overflowed(target: Pubkey): boolean {
    return this.#overflowed.has(target);
  }

  /** Resolves once the frame is on disk for every target. @throws StorageError "unavailable". */
  async add(targets: readonly Pubkey[], record: ReplicaRecord, encoded: Buffer): Promise<void> {
    this.#onMissed(targets.length);
    const expiryMs = worthUntil(record);
    try {
      await Promise.all(targets.map((target) => this.#addOne(target, record.account, expiryMs, encoded)));
    } catch (error) {
      throw new StorageError("unavailable", "a missed frame was not written", { cause: error });
    }
  }

  async #addOne(target: Pubkey, account: Buffer, expiryMs: number, record: Buffer): Promise<void> {
    if (this.#overflowed.has(target)) return;
    const count = this.#counts.get(target) ?? 0;
    const bytes = (this.#bytes.get(target) ?? 0) + record.length;
    if (count >= this.#options.maxFrames || bytes > this.#options.maxBytes) return this.#overflow(target);
    this.#counts.set(target, count + 1);
    this.#bytes.set(target, bytes);
    this.#added++;
    this.#adding++;
    try {
      await this.#writes.add({ target: pubkeyBytes(target), account, expiryMs, record });
    } finally {
      this.#adding--;
    }
  }

  /** The oldest frames of a member after a given one (0: from the start), in order. @throws DatabaseError */
  async next(target: Pubkey, limit: number, after = 0n): Promise<PendingFrame[]> {
    const { added, adding } = { added: this.#added, adding: this.#adding };
    const { rows } = await this.#database.query<{ id: bigint; account: Buffer; expiry_ms: bigint; record: Buffer }>({
      name: "pending_next",
      text: `select id, account, expiry_ms, record from pending_replica where target = $1 and id > $3
             order by id limit $2`,
      values: [pubkeyBytes(target), limit, after],
    });
    if (after === 0n && rows.length === 0 && adding === 0 && added === this.#added) this.#clear(target);
    return rows.map((row) => ({ ...row, expiryMs: Number(row.expiry_ms) }));
  }

  /** Forgets frames that were taken or are worth nothing. @throws DatabaseError */
  async remove(target: Pubkey, ids: readonly bigint[]): Promise<void> {
    if (ids.length === 0) return;
    const text = "delete from pending_replica where id = any($1::bigint[]) returning length(record) as bytes";
    const query = { name: "pending_remove", text, values: [ids.map(String)] };
    const { rows } = await this.#database.query<{ bytes: number }>(query);
    this.#uncount(target, ids.length, rows);
  }

  /** Forgets frames that are worth nothing any more, for whomever. @throws DatabaseError */
  async purge(nowMs: number): Promise<void> {
    const text = `with gone as materialized (
        select id from pending_replica where expiry_ms < $1 limit ${PURGE} for update skip locked)
      delete from pending_replica p using gone g where p.id = g.id returning p.target, length(p.record) as bytes`;
    for (let found = PURGE; found === PURGE; ) {
      const query = { name: "pending_purge", text, values: [nowMs] };
      const { rows } = await this.#database.query<{ target: Buffer; bytes: number }>(query);
      for (const row of rows) this.#uncount(pubkey(row.target), 1, [row]);
      found = rows.length;
    }
  }

  #uncount(target: Pubkey, frames: number, rows: readonly { bytes: number }[]): void {
    // At least 1 until a look at the table finds it empty: a count can be wrong, the table cannot.
    this.#counts.set(target, Math.max(1, (this.#counts.get(target) ?? 0) - frames));
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    this.#bytes.set(target, Math.max(0, (this.#bytes.get(target) ?? 0) - bytes));
  }

  #clear(target: Pubkey): void {
    this.#counts.delete(target);
    this.#bytes.delete(target);
  }

  /** Forgets everything about a member that left the swarm. @throws DatabaseError */
  async forget(target: Pubkey): Promise<void> {
    await this.#removeAll(target);
    await this.#database.query({
      text: "delete from pending_overflow where target = $1",
      values: [pubkeyBytes(target)],
    });
    this.#overflowed.delete(target);
  }

  /** To be called before a member is offered everything: what it misses from now on is kept as usual. @throws DatabaseError */
  async beginOffer(target: Pubkey): Promise<void> {
    await this.#removeAll(target);
    // A frame may have been on its way to the table all the while: the next look decides.
    this.#counts.set(target, 1);
    this.#overflowed.delete(target);
  }

  /** The offer came to its end, or did not and must be made again. The mark on disk outlives a crash in between. */
  async endOffer(target: Pubkey, result: "complete" | "broken"): Promise<void> {
    if (result === "broken") this.#overflowed.add(target);
    // Overflowed again while the offer was made: the mark stays for the next one.
    if (this.#overflowed.has(target)) return;
    await this.#database.query({
      text: "delete from pending_overflow where target = $1",
      values: [pubkeyBytes(target)],
    });
  }

  async #removeAll(target: Pubkey): Promise<void> {
    const values = [pubkeyBytes(target)];
    await this.#database.query({ text: "delete from pending_replica where target = $1", values });
    this.#clear(target);
  }

  async #overflow(target: Pubkey): Promise<void> {
    const text = "insert into pending_overflow (target) values ($1) on conflict do nothing";
    await this.#database.query({ text, values: [pubkeyBytes(target)] });
    this.#overflowed.add(target);
  }

  async #insert(rows: Row[]): Promise<void[]> {
    const { rows: counted } = await this.#database.query<{ commits: bigint }>({
      name: "pending_insert",
      text: `with kept as (
               insert into pending_replica (target, account, expiry_ms, record)
               select * from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[])
             )
             update commit_count set commits = commits + 1 where part = ${COMMIT_PART.missed} returning commits`,
      values: [
        rows.map((row) => row.target),
        rows.map((row) => row.account),
        rows.map((row) => row.expiryMs),
        rows.map((row) => row.record),
      ],
    });
    this.#onCounted(counted[0]?.commits ?? 0n);
    return rows.map(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes[Symbol.asyncDispose]();
  }
}

/** When a record is worth nothing any more, in milliseconds since the epoch. A revocation always is. */
function worthUntil(record: ReplicaRecord): number {
  if (record.kind === "store") return record.expiryMs;
  return record.kind === "revocation" ? Number.MAX_SAFE_INTEGER : record.stamp.ms + DELETE_LIFE_MS;
}
