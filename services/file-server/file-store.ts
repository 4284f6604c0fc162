import { type Database, DatabaseError } from "@swarmpost/postgres";

const DAY_MS = 86_400_000;
const NO_PARTITION = "23514";
const DUPLICATE_TABLE = "42P07";

/** A file that is there, with the first part of its body. */
export interface FoundFile {
  readonly size: number;
  readonly head: Buffer;
}

/** The files in Postgres. Times are milliseconds since the Unix epoch. */
export class FileStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores a file; when this resolves it is committed. @throws DatabaseError */
  async put(file: { id: string; body: Buffer; expiresMs: number }): Promise<void> {
    const day = Math.floor(file.expiresMs / DAY_MS);
    try {
      await this.#insert(file, day);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.sqlState !== NO_PARTITION) throw error;
      await this.#addDay(day);
      await this.#insert(file, day);
    }
  }

  async #insert({ id, body, expiresMs }: { id: string; body: Buffer; expiresMs: number }, day: number): Promise<void> {
    await this.#database.query({
      name: "file-put",
      text: "insert into files (id, expiry_day, expires_ms, size, body) values ($1, $2, $3, $4, $5)",
      values: [id, day, expiresMs, body.length, body],
    });
  }

  async #addDay(day: number): Promise<void> {
    const bounds = `for values from (${day}) to (${day + 1})`;
    try {
      await this.#database.query({ text: `create table if not exists files_${day} partition of files ${bounds}` });
    } catch (error) {
      // Another upload or replica made it at the same moment.
      const made = error instanceof DatabaseError && (error.code === "conflict" || error.sqlState === DUPLICATE_TABLE);
      if (!made) throw error;
    }
  }

  /** Finds a file that has not expired, with at most `headBytes` of its body. @throws DatabaseError */
  async find(id: string, options: { nowMs: number; headBytes: number }): Promise<FoundFile | undefined> {
    const { nowMs, headBytes } = options;
    const { rows } = await this.#database.query<FoundFile>({
      name: "file-find",
      text: `select size, substring(body from 1 for $4) as head from files
             where id = $1 and expiry_day >= $2 and expires_ms > $3`,
      values: [id, Math.floor(nowMs / DAY_MS), nowMs, headBytes],
    });
    return rows[0];
  }

  /** Reads a part of a body; undefined when the file is gone. @throws DatabaseError */
  async slice(id: string, range: { nowMs: number; offset: number; length: number }): Promise<Buffer | undefined> {
    const { rows } = await this.#database.query<{ part: Buffer }>({
      name: "file-slice",
      text: "select substring(body from $3 for $4) as part from files where id = $1 and expiry_day >= $2",
      values: [id, Math.floor(range.nowMs / DAY_MS), range.offset + 1, range.length],
    });
    return rows[0]?.part;
  }

  /** Drops the days that are over at `nowMs`; returns how many. Waits at most 2 s for running requests. @throws DatabaseError */
  async dropExpiredDays(nowMs: number): Promise<number> {
    const { rows } = await this.#database.query<{ name: string }>({
      text: "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'files'::regclass",
    });
    const over = rows.filter(({ name }) => (Number(name.slice("files_".length)) + 1) * DAY_MS <= nowMs);
    for (const { name } of over) {
      await this.#database.transaction(async (transaction) => {
        await transaction.query({ text: "set local lock_timeout = '2s'" });
        await transaction.query({ text: `drop table if exists ${name}` });
      });
    }
    return over.length;
  }
}
