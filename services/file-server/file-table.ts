import type { Database } from "@swarmpost/postgres";

/** How long an upload may take before what it left is removed; far above the time a request has. */
export const UNFINISHED_MS = 3_600_000;

/** What is known of a file besides its bytes. Times are milliseconds since the Unix epoch. */
export interface FileRecord {
  readonly size: number;
  readonly uploadedMs: number;
  readonly expiresMs: number;
}

/**
 * What Postgres knows of the files; their bytes are in a content store under the same name. A file is written down before
 * its first byte is kept and after its last one is gone, so no bytes are ever forgotten.
 */
export class FileTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes down that a file's bytes will follow; false when the name is taken. @throws DatabaseError */
  async begin(id: string, nowMs: number): Promise<boolean> {
    const { rowCount } = await this.#database.query({
      name: "file-begin",
      text: `insert into stored_files (id, uploaded_ms, expires_ms) values ($1, $2, $3) on conflict (id) do nothing`,
      values: [id, nowMs, nowMs + UNFINISHED_MS],
    });
    return rowCount === 1;
  }

  /** The bytes are there: from now on it is a file. False when the upload took too long and was removed. @throws DatabaseError */
  async finish(id: string, file: { size: number; expiresMs: number }): Promise<boolean> {
    const { rowCount } = await this.#database.query({
      name: "file-finish",
      text: "update stored_files set size = $2, expires_ms = $3 where id = $1 and size is null and expires_ms > 0",
      values: [id, file.size, file.expiresMs],
    });
    return rowCount === 1;
  }

  /** The bytes will not follow: what there is of them is removed soon. @throws DatabaseError */
  async abandon(id: string): Promise<void> {
    await this.#database.query({
      name: "file-abandon",
      text: "update stored_files set expires_ms = 0 where id = $1 and size is null",
      values: [id],
    });
  }

  /** A file that has not expired. @throws DatabaseError */
  async find(id: string, nowMs: number): Promise<FileRecord | undefined> {
    const { rows } = await this.#database.query<FileRow>({
      name: "file-find-record",
      text: `select size, uploaded_ms, expires_ms from stored_files
             where id = $1 and size is not null and expires_ms > $2`,
      values: [id, nowMs],
    });
    return rows[0] && toRecord(rows[0]);
  }

  /** Keeps a file that has not expired until `expiresMs`, or longer when it is so already. @throws DatabaseError */
  async extend(id: string, times: { nowMs: number; expiresMs: number }): Promise<FileRecord | undefined> {
    const { rows } = await this.#database.query<FileRow>({
      name: "file-extend",
      text: `update stored_files set expires_ms = greatest(expires_ms, $3)
             where id = $1 and size is not null and expires_ms > $2
             returning size, uploaded_ms, expires_ms`,
      values: [id, times.nowMs, times.expiresMs],
    });
    return rows[0] && toRecord(rows[0]);
  }

  /** Names of at most `limit` files whose time is over; from now on they can be neither finished nor extended. @throws DatabaseError */
  async expired(nowMs: number, limit: number): Promise<readonly string[]> {
    const { rows } = await this.#database.query<{ id: string }>({
      name: "file-take-expired",
      text: `update stored_files set expires_ms = 0 where id in
               (select id from stored_files where expires_ms <= $1 order by expires_ms limit $2 for update skip locked)
               and expires_ms <= $1 returning id`,
      values: [nowMs, limit],
    });
    return rows.map(({ id }) => id);
  }

  /** Forgets files whose bytes are gone. @throws DatabaseError */
  async forget(ids: readonly string[], nowMs: number): Promise<void> {
    await this.#database.query({
      name: "file-forget",
      text: "delete from stored_files where id = any($1::text[]) and expires_ms <= $2",
      values: [ids, nowMs],
    });
  }
}

interface FileRow {
  readonly size: number;
  readonly uploaded_ms: bigint;
  readonly expires_ms: bigint;
}

function toRecord({ size, uploaded_ms, expires_ms }: FileRow): FileRecord {
  return { size, uploadedMs: Number(uploaded_ms), expiresMs: Number(expires_ms) };
}
