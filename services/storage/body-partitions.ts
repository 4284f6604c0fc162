import type { Database } from "@swarmpost/postgres";

/** How long a drop waits for a lock. */
const LOCK_MS = 2_000;

/** Makes the partitions of `body`, one for each day of expiry, when a day is first seen. */
export class BodyPartitions {
  readonly #database: Database;
  readonly #known = new Set<number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when every day has a partition. Only the commit queue calls this, so two never race. */
  async ensure(days: Iterable<number>): Promise<void> {
    for (const day of days) {
      if (this.#known.has(day)) continue;
      await this.#create(day);
      this.#known.add(day);
    }
  }

  /** Days that have a partition in the database, or what a drop that did not come to its end left of one, ascending. */
  async existing(): Promise<number[]> {
    return [...(await this.#states()).keys()].sort((a, b) => a - b);
  }

  /**
   * Drops a day with all its bodies. Detached first, without a lock that polls would queue behind when one reader is slow;
   * gives up when a lock is not to be had soon, and goes on from there the next time.
   *
   * @throws DatabaseError
   */
  async drop(day: number): Promise<void> {
    const name = `body_${Math.trunc(day)}`;
    const state = (await this.#states()).get(day);
    if (state === undefined) return;
    this.#known.delete(day);
    const way = state === "attached" ? "concurrently" : "finalize";
    if (state !== "detached") await this.#database.alone(`alter table body detach partition ${name} ${way}`, LOCK_MS);
    await this.#database.alone(`drop table ${name}`, LOCK_MS);
  }

  async #states(): Promise<Map<number, "attached" | "detaching" | "detached">> {
    const { rows } = await this.#database.query<{ name: string; pending: boolean | null }>({
      name: "body_partitions",
      text: `select c.relname as name, i.inhdetachpending as pending
             from pg_class c left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'body'::regclass
             where c.relnamespace = (select relnamespace from pg_class where oid = 'body'::regclass)
               and c.relkind = 'r' and c.relname ~ '^body_-?[0-9]+$'`,
    });
    return new Map(
      rows.map(({ name, pending }) => [
        Number(name.slice("body_".length)),
        pending === null ? "detached" : pending ? "detaching" : "attached",
      ]),
    );
  }

  /**
   * Attaching a table made beforehand takes a lock that lets polls go on; `create table … partition of` would not.
   */
  async #create(day: number): Promise<void> {
    if (!Number.isSafeInteger(day)) throw new TypeError("a day is an integer");
    if ((await this.existing()).includes(day)) return;
    await this.#database.transaction(async (transaction) => {
      await transaction.query({ text: `create table body_${day} (like body including all)` });
      await transaction.query({
        text: `alter table body attach partition body_${day} for values in (${day})`,
      });
    });
  }
}
