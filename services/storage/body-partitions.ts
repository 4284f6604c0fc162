import type { Database } from "@swarmpost/postgres";

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

  /** Forgets a day whose partition was dropped. */
  forget(day: number): void {
    this.#known.delete(day);
  }

  /** Days that have a partition in the database, ascending. */
  async existing(): Promise<number[]> {
    const { rows } = await this.#database.query<{ name: string }>({
      name: "body_partitions",
      text: `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = 'body'::regclass`,
    });
    return rows.map((row) => Number(row.name.slice("body_".length))).sort((a, b) => a - b);
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
