import { createHash } from "node:crypto";
import { Client } from "pg";
import type { Database } from "./database.ts";
import { DatabaseError, toDatabaseError } from "./errors.ts";

/** How a lock is waited for and watched. */
export interface LockOptions {
  /** How long a lock that somebody else holds is waited for, in milliseconds; 30,000 by default. */
  readonly waitMs?: number;
  /** How often the connection is tried, in milliseconds; 2,000 by default. One that does not answer in that time is lost. */
  readonly checkMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** A lock that is held until it is disposed or its connection is lost. */
export interface DatabaseLock extends AsyncDisposable {
  /** False from the moment on at which the connection, and so the lock, is lost; that is for good. */
  readonly held: boolean;
  /** Aborted when the connection is lost; not by disposal. */
  readonly lost: AbortSignal;
}

/**
 * The server looks after a silent holder's connection this often, so that the lock of a machine that is gone is free after
 * 5 + 2 × 3 = 11 s: well within the default wait.
 */
const SESSION = `set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;
  set tcp_user_timeout = 11000`;
const CONNECT_MS = 5_000;
const LOCK_NOT_AVAILABLE = "55P03";

/** The number that Postgres knows a lock by: the first 8 bytes of the name's SHA-256. */
function lockKey(name: string): string {
  return createHash("sha256").update(name).digest().readBigInt64BE().toString();
}

class SessionLock implements DatabaseLock {
  readonly #client: Client;
  readonly #lost = new AbortController();
  readonly #checkMs: number;
  #held = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, checkMs: number) {
    this.#client = client;
    this.#checkMs = checkMs;
    client.on("error", () => this.#lose());
    client.on("end", () => this.#lose());
    this.#schedule();
  }

  get held(): boolean {
    return this.#held;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  #lose(): void {
    if (!this.#held) return;
    this.#held = false;
    clearTimeout(this.#timer);
    this.#lost.abort();
    void this.#client.end().catch(() => {});
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#check(), this.#checkMs).unref();
  }

  async #check(): Promise<void> {
    const answered = await within(this.#client.query("select 1"), this.#checkMs).then(
      () => true,
      () => false,
    );
    if (!this.#held) return;
    if (answered) this.#schedule();
    else this.#lose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    clearTimeout(this.#timer);
    // A server that hangs must not hold up the end; it frees the lock with the connection.
    await within(this.#client.end(), this.#checkMs).catch(() => {});
  }
}

/**
 * Takes a lock by its name, for the whole database, on a connection of its own: nobody else holds one of this name while
 * `held`. Needs a connection to Postgres itself or through a pooler in session mode.
 * @throws DatabaseError `taken` when another holds it for all of `waitMs`, `unavailable` without a working database.
 */
export async function holdLock(database: Database, name: string, options: LockOptions = {}): Promise<DatabaseLock> {
  const { waitMs = 30_000, checkMs = 2_000, signal } = options;
  signal?.throwIfAborted();
  const client = new Client({ ...database.connection, connectionTimeoutMillis: CONNECT_MS, keepAlive: true });
  const ignore = () => {};
  client.on("error", ignore);
  const abort = () => void client.end().catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    await client.query(`${SESSION}; set statement_timeout = 0; set lock_timeout = ${Math.max(1, Math.trunc(waitMs))}`);
    const query = client.query("select pg_advisory_lock($1::bigint)", [lockKey(name)]);
    await within(query, waitMs + CONNECT_MS);
    await client.query("set lock_timeout = 0");
    const lock = new SessionLock(client, checkMs);
    client.off("error", ignore);
    return lock;
  } catch (error) {
    void client.end().catch(() => {});
    signal?.throwIfAborted();
    const reason = toDatabaseError(error);
    throw reason.sqlState === LOCK_NOT_AVAILABLE ? new DatabaseError("taken", { cause: error }) : reason;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DatabaseError("unavailable")), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
