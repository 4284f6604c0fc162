import { Pool, type QueryConfig, type QueryResult as DriverResult } from "pg";
import { DatabaseError, toDatabaseError } from "./errors.ts";
import { valueTypes } from "./value-types.ts";

/** Where a database is and how it is used. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Most connections at once; 10 by default. */
  readonly maxConnections?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Postgres ends a longer statement; 15,000 by default. A server that does not answer at all is given up 2 s later. */
  readonly statementTimeoutMs?: number;
  /** How long a query waits for a connection, in milliseconds; 5,000 by default. */
  readonly connectTimeoutMs?: number;
}

/** One statement. With a `name` it is prepared once a connection: use that for whatever runs often. Values may be bigint and Buffer. */
export interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** The rows of an answer, and how many rows the statement touched. */
export interface QueryResult<R> {
  readonly rows: R[];
  readonly rowCount: number;
}

/** What runs statements: a database, or one transaction of it. */
export interface Queryable {
  /** @throws DatabaseError */
  query<R = Record<string, unknown>>(query: Query): Promise<QueryResult<R>>;
}

type Runner = (config: QueryConfig) => Promise<DriverResult>;

async function runQuery<R>(run: Runner, query: Query): Promise<QueryResult<R>> {
  const { rows, rowCount } = await run(query as QueryConfig);
  return { rows: rows as R[], rowCount: rowCount ?? 0 };
}

const PROBE_MS = 250;

/**
 * A pool of connections to one database. When Postgres goes away, queries fail with DatabaseError `unavailable`; when it
 * is back the next query works, without a restart. No lost connection ends the process.
 */
export class Database implements Queryable, AsyncDisposable {
  /** The driver's pool, for the migrator of this package only. */
  readonly pool: Pool;
  /** How a connection outside the pool is made, for the lock of this package only. */
  readonly connection: { readonly connectionString: string; readonly application_name?: string };
  #healthy = false;
  #closed = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: DatabaseOptions) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
    this.connection = {
      connectionString: options.url,
      ...(options.applicationName === undefined ? {} : { application_name: options.applicationName }),
    };
    this.pool = new Pool({
      ...this.connection,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5000,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + 2000,
      keepAlive: true,
      types: valueTypes,
    });
    // An idle connection was lost. Without a listener this would end the process.
    this.pool.on("error", () => this.#lost());
    this.#scheduleProbe(0);
  }

  /** Whether the last sign of the database was good; false before the first answer. While false it is asked again every 250 ms. */
  healthy(): boolean {
    return this.#healthy;
  }

  /** Queries that wait for a connection: above 0 for long, the pool is too small or Postgres too slow. */
  get waiting(): number {
    return this.pool.waitingCount;
  }

  async query<R = Record<string, unknown>>(query: Query): Promise<QueryResult<R>> {
    return await this.#watched(() => runQuery<R>((config) => this.pool.query(config), query));
  }

  /**
   * Runs `fn` in a transaction; commits when it resolves, rolls back when it rejects. After `unavailable` the caller cannot
   * know whether the commit happened: make `fn` idempotent.
   */
  async transaction<T>(fn: (transaction: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#watched(() => this.pool.connect());
    const run: Runner = (config) => client.query(config);
    const transaction: Queryable = { query: (query) => this.#watched(() => runQuery(run, query)) };
    // A connection lost between two statements is reported by the next one.
    const ignore = () => {};
    client.on("error", ignore);
    let broken = false;
    try {
      await transaction.query({ text: "begin" });
      const result = await fn(transaction);
      await transaction.query({ text: "commit" });
      return result;
    } catch (error) {
      broken = await client.query("rollback").then(
        () => error instanceof DatabaseError && error.code === "unavailable",
        () => true,
      );
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(broken);
    }
  }

  /**
   * Runs one statement outside any transaction, for those that Postgres takes in no other way; it gives up on a lock that it
   * does not get in time.
   */
  async alone(statement: string, lockTimeoutMs: number): Promise<void> {
    const client = await this.#watched(() => this.pool.connect());
    const ignore = () => {};
    client.on("error", ignore);
    try {
      await this.#watched(() => client.query(`set lock_timeout = ${Math.trunc(lockTimeoutMs)}`));
      await this.#watched(() => client.query(statement));
    } finally {
      client.off("error", ignore);
      // The setting goes with the connection.
      client.release(true);
    }
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#healthy = true;
      return result;
    } catch (cause) {
      const error = toDatabaseError(cause);
      if (error.code === "unavailable") this.#lost();
      throw error;
    }
  }

  #lost(): void {
    this.#healthy = false;
    this.#scheduleProbe(PROBE_MS);
  }

  #scheduleProbe(ms: number): void {
    if (this.#probe !== undefined || this.#closed) return;
    this.#probe = setTimeout(() => void this.#ask(), ms).unref();
  }

  async #ask(): Promise<void> {
    // A failure schedules the next probe by itself, once this one is no longer pending.
    const answered = await runQuery((config) => this.pool.query(config), { text: "select 1" }).then(
      () => true,
      () => false,
    );
    this.#probe = undefined;
    this.#healthy = answered;
    if (!answered) this.#scheduleProbe(PROBE_MS);
  }

  /** Waits for running queries, then closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#probe);
    await this.pool.end();
  }
}

/** Opens a database. Returns at once: connections are made when needed, and `healthy()` tells. */
export function openDatabase(options: DatabaseOptions): Database {
  return new Database(options);
}
