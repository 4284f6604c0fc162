import type { Database, Query } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import type { BodyPartitions } from "./body-partitions.ts";
import type { Pending } from "./pending.ts";
import { bodyDay, DAY_MS } from "./record.ts";

const BATCH = 2_000;
/** Requests looked at in one run for whether a tombstone still refers to them. */
const SWEEP = 20_000;
/** A request whose tombstones are still being written is left alone. */
const TOUCHED_MS = 3_600_000;
/** A body is still copied to another day shortly before its own ends; the partition waits for that. */
export const GRACE_MS = 600_000;

/** What is kept until a time of its own, and what names a row of it. */
const KEYS = {
  tombstone: ["account", "hash"],
  deletion: ["id"],
  change: ["account", "hash", "stamp_ms", "stamp_node", "request"],
  change_request: ["account", "stamp_ms", "stamp_node", "id"],
} as const;

/**
 * Gives the disk back. Nothing expired is served even before this ran: every read asks for the expiry. Slim rows of a day
 * that is past go in bounded batches, then its bodies go at once with their partition.
 */
export class Expiry {
  readonly #parts: { database: Database; partitions: BodyPartitions; pending: Pending; clock: Clock };
  /** Where the next look for requests without a tombstone begins. */
  #sweptTo: Buffer = Buffer.alloc(0);

  constructor(parts: { database: Database; partitions: BodyPartitions; pending: Pending; clock: Clock }) {
    this.#parts = parts;
  }

  /** Removes what is past. Resolves with the number of body partitions that were dropped. */
  async run(): Promise<number> {
    const now = this.#parts.clock.now();
    await this.#purge("tombstone", now);
    await this.#purge("deletion", now);
    await this.#purge("change", now);
    await this.#purge("change_request", now);
    await this.#sweep(now);
    await this.#parts.pending.purge(now);
    const past = (await this.#parts.partitions.existing()).filter((day) => (day + 1) * DAY_MS + GRACE_MS < now);
    let dropped = 0;
    for (const day of past) if (await this.#dropDay(day, now)) dropped++;
    return dropped;
  }

  /** The earliest time at which there is something to drop again, in milliseconds since the epoch. */
  static nextRun(nowMs: number): number {
    return (bodyDay(nowMs) + 1) * DAY_MS + GRACE_MS + 1;
  }

  /** Whether the day is gone. It stays for the next turn while something of it is still here. */
  async #dropDay(day: number, nowMs: number): Promise<boolean> {
    const { database, partitions } = this.#parts;
    while ((await database.query({ ...purgeMessages, values: [day, nowMs] })).rowCount > 0);
    const { rows } = await database.query({ text: "select from message where body_day = $1 limit 1", values: [day] });
    if (rows.length > 0) return false;
    await partitions.drop(day);
    return true;
  }

  async #purge(table: keyof typeof KEYS, nowMs: number): Promise<void> {
    const query = purge({ table, key: KEYS[table], past: "expiry_ms < $1" });
    while ((await this.#parts.database.query({ ...query, values: [nowMs] })).rowCount === BATCH);
  }

  /** Requests whose tombstones all refer to later ones by now, or made room for others; some at a time, round and round. */
  async #sweep(nowMs: number): Promise<void> {
    const { rows } = await this.#parts.database.query<{ last: Buffer | null }>({
      name: "sweep_deletion",
      text: `with page as materialized (select id from deletion where id > $1 order by id limit ${SWEEP}), gone as (
               delete from deletion d using page p where d.id = p.id and d.touched_ms < $2
                 and not exists (select from tombstone t where t.deletion = d.id))
             select (select id from page order by id offset ${SWEEP - 1}) as last`,
      values: [this.#sweptTo, nowMs - TOUCHED_MS],
    });
    this.#sweptTo = rows[0]?.last ?? Buffer.alloc(0);
  }
}

/**
 * Deletes a bounded number of rows that are past. A row that somebody writes just now is left alone, and one that somebody
 * wrote since it was chosen is asked again whether it is past: a message stored again is a message that lives.
 */
function purge({
  table,
  key,
  past,
}: {
  table: string;
  key: readonly string[];
  past: string;
}): Query & { name: string } {
  return {
    name: `purge_${table}`,
    text: `with gone as materialized (
        select ${key.join(", ")} from ${table} where ${past} limit ${BATCH} for update skip locked)
      delete from ${table} t using gone g where ${key.map((each) => `t.${each} = g.${each}`).join(" and ")}
        and ${past}`,
  };
}

const purgeMessages = purge({
  table: "message",
  key: ["account", "hash", "namespace"],
  past: "body_day = $1 and expiry_ms <= $2",
});
