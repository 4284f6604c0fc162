import type { Database } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import type { StorageMetrics } from "./metrics.ts";
import { GRACE_MS } from "./expiry.ts";
import { DAY_MS } from "./record.ts";

interface Row {
  readonly kind: "index" | "bodies" | "tombstones" | "waiting" | "other";
  readonly bytes: bigint;
  readonly rows: bigint;
  readonly days: bigint;
  readonly first_day: number | null;
}

/** Sizes and counted rows of the tables, from the catalogue: no table is read, so it costs the same however full they are. */
const measure = {
  name: "measure_retention",
  text: `
    select kind, sum(pg_total_relation_size(oid))::bigint as bytes, sum(pg_stat_get_live_tuples(oid))::bigint as rows,
      count(*) filter (where kind = 'bodies') as days,
      min(case when kind = 'bodies' then substring(relname from 6)::int end) as first_day
    from (
      select oid, relname, case
        when relname ~ '^message_[0-9]+$' then 'index'
        when relname ~ '^body_-?[0-9]+$' then 'bodies'
        when relname in ('tombstone', 'deletion') then 'tombstones'
        when relname in ('pending_replica', 'pending_overflow') then 'waiting'
        else 'other' end as kind
      from pg_class
      where relkind = 'r' and relnamespace = (select relnamespace from pg_class where oid = 'message'::regclass)
    ) tables group by kind`,
};

/** Measures what is kept, how much disk it takes, and whether what is past leaves it in time. */
export class Retention {
  readonly #parts: { database: Database; clock: Clock; metrics: StorageMetrics };

  constructor(parts: { database: Database; clock: Clock; metrics: StorageMetrics }) {
    this.#parts = parts;
  }

  /** Looks once. @throws DatabaseError */
  async look(): Promise<void> {
    const { database, clock, metrics } = this.#parts;
    const { retention } = metrics;
    const { rows } = await database.query<Row>(measure);
    for (const { kind, bytes } of rows) retention.bytes.set({ kind }, Number(bytes));
    const index = rows.find((row) => row.kind === "index");
    const bodies = rows.find((row) => row.kind === "bodies");
    retention.records.set(Number(index?.rows ?? 0));
    retention.days.set(Number(bodies?.days ?? 0));
    const firstDay = bodies?.first_day ?? undefined;
    const dueMs = firstDay === undefined ? Number.POSITIVE_INFINITY : (firstDay + 1) * DAY_MS + GRACE_MS;
    retention.purgeLag.set(Math.max(0, clock.now() - dueMs) / 1_000);
  }
}
