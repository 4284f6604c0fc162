import type { Database } from "@swarmpost/postgres";
import { COMMIT_PART } from "./database-identity.ts";
import type { Stamp } from "./stamp.ts";
import { MAX_BLIND_TOMBSTONES, TOMBSTONE_LIFE_MS } from "./tombstone-life.ts";

/** One signed deletion, kept once however many messages it names. */
export interface Deletion {
  /** BLAKE2b-256 of the request, 32 bytes. */
  readonly id: Buffer;
  readonly account: Buffer;
  /** The account's signed request, UTF-8 JSON. */
  readonly request: Buffer;
}

/** A deletion whose request an earlier commit has already written. */
export type KeptDeletion = Omit<Deletion, "request">;

/** One message named by a deletion. */
export interface Burial {
  /** With the request unless it is surely on disk: it can be long, and a deletion takes many commits. */
  readonly deletion: Deletion | KeptDeletion;
  readonly hash: Buffer;
  readonly stamp: Stamp;
  /** How long the tombstone stays when the message is not known here, in milliseconds since the epoch. */
  readonly expiryMs: number;
}

/** What became of one message named by a deletion. */
export type BurialResult =
  /** It was here, is gone, and a tombstone keeps older copies away. */
  | { readonly outcome: "deleted" }
  /** It was not here; the tombstone is. */
  | { readonly outcome: "absent" }
  /** A later store is on record and stays, or a later deletion is. */
  | { readonly outcome: "beaten"; readonly stampMs: number };

interface Row {
  deleted: boolean;
  beaten_ms: bigint | null;
  commits: bigint | null;
}

/**
 * How long after its stamp a copy that a deletion hit can live anywhere: another member may hold it with an earlier stamp and
 * a later end than this one knows, since an `expire` can give any message 30 days. Just less than the life of a tombstone
 * whose message was never here, by which the two are told apart.
 */
const hitLifeMs = TOMBSTONE_LIFE_MS - 1;

/** A request outlives the commits that it is split into, even when all that they name expires at once. */
const LEAST_LIFE_MS = 3_600_000;

/** A tombstone's end is the latest of all that is known of it, and the request that it points to lives as long. */
const text = `
with input as materialized (
  select * from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bigint[])
    with ordinality as i (account, hash, stamp_ms, stamp_node, deletion, expiry_ms, ord)
), hit as (
  delete from message m using input i
  where m.account = i.account and m.hash = i.hash and (m.stamp_ms, m.stamp_node) <= (i.stamp_ms, i.stamp_node)
  returning i.ord, m.expiry_ms, m.body_day, m.seq, i.stamp_ms + ${hitLifeMs} as end_ms
), bodies as (
  delete from body b using hit h where b.day = h.body_day and b.seq = h.seq
), kept as (
  select i.ord, max(m.stamp_ms) as stamp_ms,
    max(i.stamp_ms + ${hitLifeMs}) as end_ms
  from input i join message m on m.account = i.account and m.hash = i.hash
  where (m.stamp_ms, m.stamp_node) > (i.stamp_ms, i.stamp_node) and m.expiry_ms > $7::bigint
  group by i.ord
), earlier as (
  select i.ord, t.stamp_ms, t.expiry_ms, t.deletion, (t.stamp_ms, t.stamp_node) > (i.stamp_ms, i.stamp_node) as later
  from input i join tombstone t on t.account = i.account and t.hash = i.hash
), later as (
  select ord, stamp_ms, deletion from earlier where later
), ends as (
  select i.ord, greatest(
    coalesce(greatest(max(h.end_ms), max(k.end_ms)), max(i.expiry_ms)), max(h.expiry_ms), max(t.expiry_ms)) as expiry_ms
  from input i left join hit h on h.ord = i.ord left join kept k on k.ord = i.ord left join earlier t on t.ord = i.ord
  group by i.ord
), last as (
  select u.id, max(e.expiry_ms) as expiry_ms
  from (select deletion as id, ord from input union all select deletion, ord from later) u
  join ends e on e.ord = u.ord group by u.id
), given as materialized (
  select * from unnest($8::bytea[], $9::bytea[], $10::bytea[]) as r (id, account, request)
), request as (
  insert into deletion as d (id, account, request, expiry_ms, touched_ms)
  select r.id, r.account, r.request, greatest(l.expiry_ms, $7 + ${LEAST_LIFE_MS}), $7
  from given r join last l on l.id = r.id
  on conflict (id) do update set
    expiry_ms = greatest(d.expiry_ms, excluded.expiry_ms), touched_ms = excluded.touched_ms
), extended as (
  update deletion d set expiry_ms = greatest(d.expiry_ms, l.expiry_ms), touched_ms = $7 from last l
  where d.id = l.id and d.id not in (select id from given)
), crowd as (
  select old.account, old.hash
  from (select distinct account from input) a cross join lateral (
    select t.account, t.hash from tombstone t
    where t.account = a.account and t.expiry_ms >= t.stamp_ms + ${TOMBSTONE_LIFE_MS}
    order by t.stamp_ms desc offset ${MAX_BLIND_TOMBSTONES}
  ) old
  where not exists (select from input i where i.account = old.account and i.hash = old.hash)
), dropped as (
  delete from tombstone t using crowd c where t.account = c.account and t.hash = c.hash
), graves as (
  insert into tombstone as t (account, hash, stamp_ms, stamp_node, expiry_ms, deletion)
  select i.account, i.hash, i.stamp_ms, i.stamp_node, e.expiry_ms, i.deletion
  from input i join ends e on e.ord = i.ord
  on conflict (account, hash) do update set
    expiry_ms = greatest(t.expiry_ms, excluded.expiry_ms),
    deletion = case when (excluded.stamp_ms, excluded.stamp_node) > (t.stamp_ms, t.stamp_node)
      then excluded.deletion else t.deletion end,
    stamp_node = case when (excluded.stamp_ms, excluded.stamp_node) > (t.stamp_ms, t.stamp_node)
      then excluded.stamp_node else t.stamp_node end,
    stamp_ms = greatest(t.stamp_ms, excluded.stamp_ms)
), counted as (
  update commit_count set commits = commits + 1 where part = ${COMMIT_PART.messages} returning commits
)
select exists (select from hit h where h.ord = i.ord and h.expiry_ms > $7) as deleted,
  greatest(k.stamp_ms, l.stamp_ms) as beaten_ms, c.commits
from input i left join counted c on true left join kept k on k.ord = i.ord left join later l on l.ord = i.ord
order by i.ord`;

function values(burials: readonly Burial[], nowMs: number): unknown[] {
  const given = burials.flatMap(({ deletion }) => ("request" in deletion ? [deletion] : []));
  const deletions = [...new Map(given.map((deletion) => [deletion.id.toString("latin1"), deletion])).values()];
  return [
    burials.map((burial) => burial.deletion.account),
    burials.map((burial) => burial.hash),
    burials.map((burial) => burial.stamp.ms),
    burials.map((burial) => burial.stamp.node),
    burials.map((burial) => burial.deletion.id),
    burials.map((burial) => burial.expiryMs),
    nowMs,
    deletions.map((deletion) => deletion.id),
    deletions.map((deletion) => deletion.account),
    deletions.map((deletion) => deletion.request),
  ];
}

/**
 * Deletes messages that are not newer than the deletion, leaves a tombstone for each, and says what became of each, in
 * the same order. No two burials may name the same message. `onCounted` is told how many commits the database has now.
 */
export async function commitBurials(
  database: Database,
  burials: readonly Burial[],
  nowMs: number,
  onCounted: (commits: bigint) => void,
): Promise<BurialResult[]> {
  const { rows } = await database.query<Row>({ name: "commit_burials", text, values: values(burials, nowMs) });
  onCounted(rows[0]?.commits ?? 0n);
  return rows.map((row) => {
    if (row.beaten_ms !== null) return { outcome: "beaten", stampMs: Number(row.beaten_ms) };
    return { outcome: row.deleted ? "deleted" : "absent" };
  });
}
