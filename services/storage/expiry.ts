import type { Database } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import type { BodyPartitions } from "./body-partitions.ts";
import { bodyDay, DAY_MS } from "./record.ts";

const BATCH = 2_000;
/** A body is still copied to another day shortly before its own ends; the partition waits for that. */
const GRACE_MS = 600_000;

/**
 * Gives the disk back. Nothing expired is served even before this ran: every read asks for the expiry. Slim rows of a day
 * that is past go in bounded batches, then its bodies go at once with their partition.
 */
export class Expiry {
  readonly #parts: { database: Database; partitions: BodyPartitions; clock: Clock };

  constructor(parts: { database: Database; partitions: BodyPartitions; clock: Clock }) {
    this.#parts = parts;
  }

  /** Removes what is past. Resolves with the number of body partitions that were dropped. */
  async run(): Promise<number> {
    const now = this.#parts.clock.now();
    const past = (await this.#parts.partitions.existing()).filter((day) => (day + 1) * DAY_MS + GRACE_MS < now);
    for (const day of past) await this.#dropDay(day);
    await this.#purge("tombstone", now);
    await this.#purge("deletion", now);
    return past.length;
  }

  /** The earliest time at which there is something to drop again, in milliseconds since the epoch. */
  static nextRun(nowMs: number): number {
    return (bodyDay(nowMs) + 1) * DAY_MS + GRACE_MS + 1;
  }

  async #dropDay(day: number): Promise<void> {
    const { database, partitions } = this.#parts;
    const text = `delete from message where (account, hash, namespace) in
      (select account, hash, namespace from message where body_day = $1 limit ${BATCH})`;
    while ((await database.query({ name: "purge_messages", text, values: [day] })).rowCount > 0);
    partitions.forget(day);
    await database.query({ text: `drop table if exists body_${Math.trunc(day)}` });
  }

  async #purge(table: "tombstone" | "deletion", nowMs: number): Promise<void> {
    const key = table === "tombstone" ? "account, hash" : "id";
    const text = `delete from ${table} where (${key}) in
      (select ${key} from ${table} where expiry_ms < $1 limit ${BATCH})`;
    while ((await this.#parts.database.query({ name: `purge_${table}`, text, values: [nowMs] })).rowCount === BATCH);
  }
}
