import type { Database } from "@swarmpost/postgres";
import { encodeAuth } from "./auth-codec.ts";
import { COMMIT_PART } from "./database-identity.ts";
import { bodyDay, type StoreRecord } from "./record.ts";

/** What became of one store on this node. */
export type StoreResult =
  | {
      readonly outcome: "stored";
      /** Expiry on record, which is later than the asked one when an earlier store asked for more. */
      readonly expiryMs: number;
      /** The message was here before. */
      readonly already: boolean;
    }
  /** A later deletion or change is on record. */
  | {
      readonly outcome: "superseded";
      readonly stampMs: number;
      /** It was stored all the same, with the end that was left of it, and was not here before. */
      readonly isNew: boolean;
    };

interface Row {
  expiry_ms: bigint | null;
  already: boolean;
  grave_ms: bigint | null;
  commits: bigint | null;
}

/** Whether a namespace is one of those that keep a single message: `isPublicOutbox`. */
export const isOutbox = (column: string) => `${column} < 0 and -${column} % 20 = 1`;

/**
 * One statement for the whole batch. All parts see the tables as they were before it; `stored` hands on what it wrote.
 * Of two times that its sender wrote the earlier one stays, so that all members choose the same; an outbox keeps the first.
 * A row that has expired but is not purged yet counts as absent: it is overwritten and gets a new sequence number.
 * The signature always is that of the stamp on record, so that the two can be verified together.
 * An outbox keeps the message with the newest timestamp (2.11): `rival` is what else is there.
 */
const text = `
with input as materialized (
  select * from unnest($1::bytea[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::bigint[],
    $8::bytea[], $9::bytea[], $10::bytea[])
    with ordinality as i (account, hash, namespace, timestamp_ms, expiry_ms, day, stamp_ms, stamp_node, auth, data, ord)
), grave as (
  select i.ord, t.stamp_ms from input i join tombstone t on t.account = i.account and t.hash = i.hash
  where (t.stamp_ms, t.stamp_node) >= (i.stamp_ms, i.stamp_node)
), rival as (
  select i.ord, m.account, m.hash, m.namespace, m.body_day, m.seq,
    (m.timestamp_ms, m.stamp_ms, m.stamp_node) > (i.timestamp_ms, i.stamp_ms, i.stamp_node) as newer
  from input i join message m on m.account = i.account and m.namespace = i.namespace and m.hash <> i.hash
  where ${isOutbox("i.namespace")} and m.expiry_ms > $11::bigint and i.ord not in (select ord from grave)
), obsolete as (
  select distinct ord from rival where newer
), replaced as (
  delete from message m using rival r where m.account = r.account and m.hash = r.hash and m.namespace = r.namespace
    and r.ord not in (select ord from obsolete)
), replaced_bodies as (
  delete from body b using rival r where b.day = r.body_day and b.seq = r.seq and r.ord not in (select ord from obsolete)
), old as (
  select i.ord, m.body_day from input i
  join message m on m.account = i.account and m.hash = i.hash and m.namespace = i.namespace
  where m.expiry_ms > $11::bigint
), stored as (
  insert into message as m (account, hash, namespace, seq, body_day, body_size, timestamp_ms, expiry_ms, stamp_ms,
    stamp_node, auth)
  select account, hash, namespace, nextval('message_seq'), day, length(data), timestamp_ms, expiry_ms, stamp_ms,
    stamp_node, auth
  from (
    select * from input where ord not in (select ord from grave) and ord not in (select ord from obsolete) order by ord
  ) i
  on conflict (account, hash, namespace) do update set
    seq = case when m.expiry_ms > $11 then m.seq else excluded.seq end,
    timestamp_ms = case when m.expiry_ms <= $11 then excluded.timestamp_ms
      when ${isOutbox("m.namespace")} then m.timestamp_ms else least(m.timestamp_ms, excluded.timestamp_ms) end,
    expiry_ms = greatest(m.expiry_ms, excluded.expiry_ms),
    body_day = case when excluded.expiry_ms > m.expiry_ms then excluded.body_day else m.body_day end,
    stamp_ms = case when m.expiry_ms <= $11 or (excluded.stamp_ms, excluded.stamp_node) > (m.stamp_ms, m.stamp_node)
      then excluded.stamp_ms else m.stamp_ms end,
    stamp_node = case when m.expiry_ms <= $11 or (excluded.stamp_ms, excluded.stamp_node) > (m.stamp_ms, m.stamp_node)
      then excluded.stamp_node else m.stamp_node end,
    auth = case when m.expiry_ms <= $11 or (excluded.stamp_ms, excluded.stamp_node) > (m.stamp_ms, m.stamp_node)
      then excluded.auth else m.auth end
  returning m.account, m.hash, m.namespace, m.seq, m.expiry_ms, m.body_day
), bodies as (
  insert into body (day, seq, data)
  select s.body_day, s.seq, i.data
  from stored s join input i on i.account = s.account and i.hash = s.hash and i.namespace = s.namespace
  left join old o on o.ord = i.ord
  where o.body_day is distinct from s.body_day
  on conflict do nothing
), counted as (
  update commit_count set commits = commits + 1 where part = ${COMMIT_PART.messages} returning commits
)
select s.expiry_ms, o.ord is not null as already, g.stamp_ms as grave_ms, c.commits
from input i
left join counted c on true
left join stored s on s.account = i.account and s.hash = i.hash and s.namespace = i.namespace
left join old o on o.ord = i.ord
left join grave g on g.ord = i.ord
order by i.ord`;

function values(records: readonly StoreRecord[], nowMs: number): unknown[] {
  return [
    records.map((record) => record.account),
    records.map((record) => record.hash),
    records.map((record) => record.namespace),
    records.map((record) => record.timestampMs),
    records.map((record) => record.expiryMs),
    records.map((record) => bodyDay(record.expiryMs)),
    records.map((record) => record.stamp.ms),
    records.map((record) => record.stamp.node),
    records.map((record) => (record.auth === undefined ? null : encodeAuth(record.auth))),
    records.map((record) => record.data),
    nowMs,
  ];
}

/**
 * Commits messages and says what became of each, in the same order. No two records may name the same message, and the
 * body partitions of their days must exist. `onCounted` is told how many commits the database has now.
 */
export async function commitStores(
  database: Database,
  records: readonly StoreRecord[],
  nowMs: number,
  onCounted: (commits: bigint) => void,
): Promise<StoreResult[]> {
  const { rows } = await database.query<Row>({ name: "commit_stores", text, values: values(records, nowMs) });
  onCounted(rows[0]?.commits ?? 0n);
  // What an outbox has newer than this is done with: there is nothing to keep.
  return rows.map((row, i) =>
    row.expiry_ms === null && row.grave_ms !== null
      ? { outcome: "superseded", stampMs: Number(row.grave_ms), isNew: false }
      : { outcome: "stored", expiryMs: Number(row.expiry_ms ?? records[i]?.expiryMs), already: row.already },
  );
}
