import { type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import type { DatabaseMark, Hello } from "./hello-codec.ts";

/** What a hello means beside what is remembered. */
export interface Recalled {
  /** What the node is told: something that its hello does not account for, perhaps. */
  readonly remembered: DatabaseMark | undefined;
  /** The node says that its database lost something since this node last heard of it. */
  readonly lost: boolean;
}

/**
 * What the members of the swarm said of their databases, so that one whose database was emptied or taken back can be told.
 * In memory at once, on disk with the next `save`: what is forgotten by one member, others remember.
 */
export class MemberMemory {
  readonly #database: Database;
  readonly #marks = new Map<Pubkey, DatabaseMark>();
  readonly #unsaved = new Set<Pubkey>();

  constructor(parts: { database: Database }) {
    this.#database = parts.database;
  }

  /** Reads what an earlier run left. @throws DatabaseError */
  async load(): Promise<void> {
    const { rows } = await this.#database.query<{ member: Buffer; id: Buffer; commits: bigint }>({
      text: "select member, id, commits from member_database",
    });
    for (const { member, ...mark } of rows) this.#marks.set(pubkey(member), mark);
  }

  /**
   * Hears a member. Nothing but more commits in the same database, or a database that says what it lost, takes the place of
   * what is remembered: a node that does not know of its loss is told again until it does.
   */
  hear(member: Pubkey, { id, commits, former }: Pick<Hello, "id" | "commits" | "former">): Recalled {
    const known = this.#marks.get(member);
    if (known === undefined) {
      this.#remember(member, { id, commits });
      return { remembered: undefined, lost: false };
    }
    if (known.id.equals(id)) {
      if (commits > known.commits) this.#remember(member, { id, commits });
      return { remembered: known, lost: false };
    }
    const lost = former.some((each) => each.equals(known.id));
    if (!lost) return { remembered: known, lost };
    this.#remember(member, { id, commits });
    return { remembered: undefined, lost };
  }

  /** What is remembered of a member's database. */
  of(member: Pubkey): DatabaseMark | undefined {
    return this.#marks.get(member);
  }

  #remember(member: Pubkey, mark: DatabaseMark): void {
    this.#marks.set(member, mark);
    this.#unsaved.add(member);
  }

  /** Writes what changed, and forgets who is no member any more. @throws DatabaseError */
  async save(members: readonly Pubkey[]): Promise<void> {
    const gone = [...this.#marks.keys()].filter((member) => !members.includes(member));
    const changed = [...this.#unsaved].filter((member) => members.includes(member));
    if (gone.length === 0 && changed.length === 0) return;
    this.#unsaved.clear();
    for (const member of gone) this.#marks.delete(member);
    const marks = changed.map((member) => this.#marks.get(member) as DatabaseMark);
    try {
      await this.#database.query({
        text: `with gone as (delete from member_database where member = any($4::bytea[]))
               insert into member_database (member, id, commits) select * from unnest($1::bytea[], $2::bytea[], $3::bigint[])
               on conflict (member) do update set id = excluded.id, commits = excluded.commits`,
        values: [
          changed.map(pubkeyBytes),
          marks.map((mark) => mark.id),
          marks.map((mark) => mark.commits),
          gone.map(pubkeyBytes),
        ],
      });
    } catch (error) {
      for (const member of changed) this.#unsaved.add(member);
      throw error;
    }
  }
}
