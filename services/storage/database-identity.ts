import { randomBytes } from "node:crypto";
import { type Database, DatabaseError, type Queryable } from "@swarmpost/postgres";
import { StorageError } from "./errors.ts";

/** Length of a database's id, in bytes. */
export const DATABASE_ID_BYTES = 16;

/** Most former ids that are kept: who is told of an older one counts once more as having lost everything. */
export const MAX_FORMER = 16;

/** Who counts commits: the commit queue and the missed frames write at the same time, so each has a row of its own. */
export const COMMIT_PART = { messages: 0, missed: 1 } as const;

/** One of COMMIT_PART's numbers. */
export type CommitPart = (typeof COMMIT_PART)[keyof typeof COMMIT_PART];

interface Row {
  node: Buffer;
  id: Buffer;
  former: Buffer[];
  unseen: boolean;
  owner: Buffer;
}

/**
 * Which database this is, and how far it has come: a random id from its making, and a count of its commits that each commit
 * moves on itself. Members remember both, so a node whose database was emptied or taken back to an older state can be told
 * so. A database that has lost something takes a new id; those that it had before say that it knows.
 */
export class DatabaseIdentity {
  readonly #database: Database;
  readonly #node: Buffer;
  /** This run of the program: a database that another run has taken since is no longer ours. */
  readonly #owner = randomBytes(DATABASE_ID_BYTES);
  readonly #counts = new Map<CommitPart, bigint>();
  #row: Pick<Row, "id" | "former" | "unseen"> | undefined;
  #commitsAtStart = 0n;
  #wentBack = false;

  /** @param parts `node`: the node's public key, 32 bytes. */
  constructor(parts: { database: Database; node: Buffer }) {
    this.#database = parts.database;
    this.#node = parts.node;
  }

  /** Takes the database for this run; a new one gets an id. @throws StorageError "foreign-database", DatabaseError. */
  async take(): Promise<void> {
    const { rows } = await this.#database.query<Row>({
      text: `insert into database_identity as d (node, id, owner) values ($1, $2, $3)
             on conflict (only_row) do update set owner = excluded.owner where d.node = excluded.node
             returning node, id, former, unseen, owner`,
      values: [this.#node, randomBytes(DATABASE_ID_BYTES), this.#owner],
    });
    const [row] = rows;
    if (row === undefined) {
      throw new StorageError("foreign-database", "this database belongs to another node key: give each node its own");
    }
    this.#row = row;
    for (const [part, commits] of await counts(this.#database)) this.#counts.set(part, commits);
    this.#commitsAtStart = this.commits;
  }

  get #known(): Pick<Row, "id" | "former" | "unseen"> {
    if (this.#row === undefined) throw new TypeError("the database was not taken");
    return this.#row;
  }

  /** The present id. */
  get id(): Buffer {
    return this.#known.id;
  }

  /** Ids that this database had before it lost something, the latest first. */
  get former(): readonly Buffer[] {
    return this.#known.former;
  }

  /** Commits known to be in it. */
  get commits(): bigint {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0n);
  }

  /** Commits that were in it when this run took it. */
  get commitsAtStart(): bigint {
    return this.#commitsAtStart;
  }

  /** Whether it has lost something that was not yet taken into the plan of what to pull. */
  get unseen(): boolean {
    return this.#known.unseen;
  }

  /**
   * A commit says how many there are now. Those of a part come one after another, so one that is not above the last was made
   * in an older state of the database: what follows may pass the old count, and what was lost stays lost.
   */
  counted(part: CommitPart, commits: bigint): void {
    if (commits > (this.#counts.get(part) ?? 0n)) this.#counts.set(part, commits);
    else this.#wentBack = true;
  }

  /**
   * Whether what a member remembers of this node's database is in it, or known to be lost.
   * @param commits those in the present database that the member may know of.
   */
  accounts(remembered: { readonly id: Buffer; readonly commits: bigint }, commits: bigint): boolean {
    if (remembered.id.equals(this.id)) return remembered.commits <= commits;
    return this.former.some((id) => id.equals(remembered.id));
  }

  /** Whether the database is still as this run has left it: not another one, not an older state, not taken by another run. */
  async intact(): Promise<boolean> {
    if (this.#wentBack) return false;
    try {
      const { rows } = await this.#database.query<Row>({ text: "select * from database_identity" });
      const [row] = rows;
      if (row === undefined || !row.owner.equals(this.#owner) || !row.id.equals(this.id)) return false;
      const there = await counts(this.#database);
      return [...this.#counts].every(([part, commits]) => (there.get(part) ?? 0n) >= commits);
    } catch (error) {
      // Not even the tables are there.
      if (error instanceof DatabaseError && error.code === "failed") return false;
      throw error;
    }
  }

  /** Something was lost: from now on this is another database. @param remembered ids that others knew it by. @throws DatabaseError */
  async renew(remembered: readonly Buffer[]): Promise<void> {
    this.#row = await this.#renewed(remembered);
  }

  /**
   * Leaves word for the next run that something was lost. This run goes on as the database that it knew: what it counted is
   * not in the one that is there, and members that heard it under the new id would take it for a second loss.
   * @throws DatabaseError
   */
  async disown(): Promise<void> {
    await this.#renewed([]);
  }

  async #renewed(remembered: readonly Buffer[]): Promise<Pick<Row, "id" | "former" | "unseen">> {
    const id = randomBytes(DATABASE_ID_BYTES);
    const all = new Map([this.id, ...remembered, ...this.former].map((each) => [each.toString("hex"), each]));
    const former = [...all.values()].slice(0, MAX_FORMER);
    await this.#database.query({
      text: "update database_identity set id = $1, former = $2::bytea[], unseen = true",
      values: [id, former],
    });
    return { id, former, unseen: true };
  }

  /** What was lost is in the plan of what to pull, on disk. @throws DatabaseError */
  async planned(): Promise<void> {
    await this.#database.query({ text: "update database_identity set unseen = false" });
    this.#row = { ...this.#known, unseen: false };
  }
}

async function counts(database: Queryable): Promise<Map<CommitPart, bigint>> {
  const { rows } = await database.query<{ part: CommitPart; commits: bigint }>({
    text: "select part, commits from commit_count",
  });
  return new Map(rows.map(({ part, commits }) => [part, commits]));
}
