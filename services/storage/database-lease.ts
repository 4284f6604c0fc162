import { type Database, DatabaseError, type DatabaseLock, holdLock, onceReachable } from "@swarmpost/postgres";
import { errorFields, type Runtime, sleep } from "@swarmpost/runtime";
import type { DatabaseIdentity } from "./database-identity.ts";
import { StorageError } from "./errors.ts";

const LOCK = "swarmpost-storage";
const AGAIN_MS = 250;
/** What is under way gets this long when the database turns out to be another one. */
const FAIL_MS = 5_000;

type LeaseRuntime = Pick<Runtime, "health" | "logger" | "signal" | "fail">;

/**
 * The right to write into the database: one storage at a time has it. It is lost with the connection that holds the lock;
 * nothing is acknowledged until it is back and the database is found as it was left. Found otherwise, it ends the process:
 * the next start begins with what is there.
 */
export class DatabaseLease implements AsyncDisposable {
  readonly #database: Database;
  readonly #runtime: LeaseRuntime;
  readonly #stop = new AbortController();
  #lock: DatabaseLock;
  #reason: string | undefined;
  #following: Promise<void> | undefined;

  private constructor(database: Database, runtime: LeaseRuntime, lock: DatabaseLock) {
    this.#database = database;
    this.#runtime = runtime;
    this.#lock = lock;
  }

  /**
   * Waits for the database, and up to `waitMs` milliseconds for another storage that is just ending, or whose machine is gone.
   * @throws StorageError "database-taken", DatabaseError, AbortError.
   */
  static async take(database: Database, runtime: LeaseRuntime, waitMs: number): Promise<DatabaseLease> {
    try {
      const lock = await onceReachable(runtime, () => holdLock(database, LOCK, { waitMs, signal: runtime.signal }));
      return new DatabaseLease(database, runtime, lock);
    } catch (cause) {
      if (!(cause instanceof DatabaseError && cause.code === "taken")) throw cause;
      throw new StorageError(
        "database-taken",
        "another storage is at work on this database: end it, or give this node a database of its own",
        { cause },
      );
    }
  }

  /** Whether this storage may write now. */
  get held(): boolean {
    return this.#reason === undefined && this.#lock.held;
  }

  /** Why it may not, in words for operators. */
  get reason(): string | undefined {
    return this.#lock.held ? this.#reason : (this.#reason ?? "its lock was lost");
  }

  /** From now on a lost lock is taken again, once the database is found as it was left. */
  follow(identity: DatabaseIdentity): void {
    this.#following ??= this.#follow(identity);
  }

  async #follow(identity: DatabaseIdentity): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await aborted(AbortSignal.any([signal, this.#lock.lost]));
      if (signal.aborted) return;
      this.#reason = "its lock was lost";
      this.#runtime.logger.warn("database_lock_lost");
      if (!(await this.#again(identity))) return;
      this.#reason = undefined;
      this.#runtime.logger.info("database_lock_held");
    }
  }

  /** False when there is no way back. */
  async #again(identity: DatabaseIdentity): Promise<boolean> {
    const { signal } = this.#stop;
    for (;;) {
      try {
        this.#lock = await holdLock(this.#database, LOCK, { signal });
        if (await identity.intact()) return true;
        this.#reason = "it is not as this storage left it";
        // Best effort: where this cannot be written, the members of the swarm know.
        await identity.disown().catch(() => {});
        this.#runtime.fail(
          new StorageError("database-changed", "the database is not as this storage left it"),
          FAIL_MS,
        );
        return false;
      } catch (error) {
        if (signal.aborted) return false;
        const isTaken = error instanceof DatabaseError && error.code === "taken";
        this.#reason = isTaken ? "another storage is at work on it" : "its lock was lost";
        if (isTaken) this.#runtime.logger.warn("database_taken", errorFields(error));
        if (this.#lock.held) await this.#lock[Symbol.asyncDispose]();
        await sleep(AGAIN_MS, signal).catch(() => {});
      }
    }
  }

  /** Frees the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.#lock[Symbol.asyncDispose]();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
