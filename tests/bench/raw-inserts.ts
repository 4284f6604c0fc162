import type { Database } from "@swarmpost/postgres";
import { accountId, DEFAULT_NAMESPACE, messageDigest } from "@swarmpost/storage-rpc";
import { inFlight } from "./in-flight.ts";
import type { StoreRequestText } from "./store-request.ts";

/** Rows of one statement; what the storage gathers under load is of this order. */
export const INSERT_BATCH = 256;
const DAY_MS = 86_400_000;
const STAMP_NODE = Buffer.alloc(32, 1);

/** Both rows of a message and nothing else: no look for conflicts, for tombstones, or for what was there before. */
const text = `
with input as materialized (
  select nextval('message_seq') as seq, * from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::int[],
    $6::bytea[], $7::bytea[]) as i (account, hash, timestamp_ms, expiry_ms, day, stamp_node, data)
), slim as (
  insert into message (account, hash, namespace, seq, body_day, body_size, timestamp_ms, expiry_ms, stamp_ms, stamp_node)
  select account, hash, 0, seq, day, length(data), timestamp_ms, expiry_ms, timestamp_ms, stamp_node from input
)
insert into body (day, seq, data) select day, seq, data from input`;

/** Makes the partitions that bodies of these days go into, as the storage does when a day is first seen. */
export async function prepareDays(database: Database, rows: readonly StoreRequestText[]): Promise<void> {
  for (const day of new Set(rows.map(bodyDay))) {
    const name = `body_${day}`;
    await database.query({ text: `create table if not exists ${name} partition of body for values in (${day})` });
  }
}

/** Arrays for the statement, one set for each batch; made beforehand so that only the insert is measured. */
export function insertBatches(rows: readonly StoreRequestText[]): unknown[][] {
  const starts = Array.from({ length: Math.ceil(rows.length / INSERT_BATCH) }, (_, index) => index * INSERT_BATCH);
  return starts.map((start) => arraysOf(rows.slice(start, start + INSERT_BATCH)));
}

/** Commits the batches over `writers` connections. @returns seconds. */
export function insertAll(database: Database, batches: readonly unknown[][], writers: number): Promise<number> {
  return inFlight(batches.length, writers, (index) =>
    database.query({ name: "raw_insert", text, values: batches[index] as unknown[] }),
  );
}

function arraysOf(rows: readonly StoreRequestText[]): unknown[] {
  return [
    rows.map((row) => row.account),
    rows.map(hashOf),
    rows.map((row) => row.timestampMs),
    rows.map((row) => row.expiryMs),
    rows.map(bodyDay),
    rows.map(() => STAMP_NODE),
    rows.map((row) => row.data),
  ];
}

function hashOf({ account, data }: StoreRequestText): Buffer {
  return messageDigest(accountId(account), DEFAULT_NAMESPACE, data);
}

function bodyDay({ expiryMs }: StoreRequestText): number {
  return Math.floor(expiryMs / DAY_MS);
}
