import type { Database } from "@swarmpost/postgres";
import type { BodyPartitions } from "./body-partitions.ts";
import { type Change, compareChanges } from "./change.ts";
import { BULK, type ChangeTable, keyColumns, MODE_NUMBER } from "./change-table.ts";
import { COMMIT_PART } from "./database-identity.ts";
import { bodyDay } from "./record.ts";
import type { SignedRequest } from "./signed-request.ts";
import { MAX_BLIND_TOMBSTONES, TOMBSTONE_LIFE_MS } from "./tombstone-life.ts";

/** A change to be kept. */
export interface KeptChange {
  readonly account: Buffer;
  readonly change: Change;
  /** The message is not here. */
  readonly blind: boolean;
}

/** A message that gets another end. */
export interface Move {
  readonly account: Buffer;
  readonly hash: Buffer;
  readonly namespace: number;
  readonly seq: bigint;
  readonly fromDay: number;
  readonly expiryMs: number;
}

/** One write of changes and of what they do. */
export interface ChangeWrite {
  /** Requests that are not known yet. */
  readonly requests: readonly SignedRequest[];
  readonly kept: readonly KeptChange[];
  /** Changes that later ones have made meaningless. */
  readonly dropped: readonly { readonly account: Buffer; readonly change: Change }[];
  readonly moves: readonly Move[];
}

/** Changes of one message that are kept at most, besides those that nothing made meaningless yet. */
const CHANGES_KEPT = 16;

/** Bulk changes of one account that are kept at most. */
const BULK_KEPT = 64;

/** What writing changes needs. */
export interface ChangeWriteParts {
  readonly database: Database;
  readonly partitions: BodyPartitions;
  readonly changes: ChangeTable;
  /** Told how many commits the database has after each. */
  readonly onCounted: (commits: bigint) => void;
}

/**
 * The changes of one message that need not be kept beside a new one: of more than are kept, the oldest. Of a message that is
 * here they are in its expiry already.
 */
export function crowdedOut(known: readonly Change[], added: Change): Change[] {
  const isAlike = (change: Change) => (change.hash === undefined) === (added.hash === undefined);
  const isDeletion = (change: Change) => change.hash !== undefined && change.mode === "delete";
  const same = known.filter((change) => isAlike(change) && !isDeletion(change));
  const all = [...same, added].sort(compareChanges);
  const most = added.hash === undefined ? BULK_KEPT : CHANGES_KEPT;
  return all.slice(0, Math.max(0, all.length - most));
}

/**
 * One transaction: keeps the changes with their requests, moves bodies to the day of their new end, deletes messages whose own
 * deletion is kept, and bounds what is kept.
 */
const text = `
with requests as (
  insert into change_request (account, stamp_ms, stamp_node, id, request, expiry_ms)
  select *, stamp_ms + ${TOMBSTONE_LIFE_MS}
  from unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) as r (account, stamp_ms, stamp_node, id, request)
  on conflict do nothing
), input as materialized (
  select * from unnest($6::bytea[], $7::bytea[], $8::bigint[], $9::bytea[], $10::bytea[], $11::int[], $12::bigint[],
    $13::int[], $14::boolean[]) as i (account, hash, stamp_ms, stamp_node, request, mode, value_ms, namespace, blind)
), kept as (
  insert into change (account, hash, stamp_ms, stamp_node, request, mode, value_ms, namespace, blind, expiry_ms)
  select *, stamp_ms + ${TOMBSTONE_LIFE_MS} from input
  on conflict do nothing
), deleted as (
  delete from message m using input i
  where i.mode = ${MODE_NUMBER.delete} and i.hash <> ''::bytea and m.account = i.account and m.hash = i.hash
    and (m.stamp_ms, m.stamp_node) <= (i.stamp_ms, i.stamp_node)
  returning m.body_day, m.seq
), deleted_bodies as (
  delete from body b using deleted d where b.day = d.body_day and b.seq = d.seq
), crowd as (
  select old.* from (select distinct account from input where blind) a cross join lateral (
    select c.account, c.hash, c.stamp_ms, c.stamp_node, c.request from change c where c.account = a.account and c.blind
    order by c.stamp_ms desc offset ${MAX_BLIND_TOMBSTONES}
  ) old
), dropped as (
  delete from change c using (
    select * from unnest($15::bytea[], $16::bytea[], $17::bigint[], $18::bytea[], $19::bytea[])
      as d (account, hash, stamp_ms, stamp_node, request)
    union select * from crowd
  ) d
  where c.account = d.account and c.hash = d.hash and c.stamp_ms = d.stamp_ms and c.stamp_node = d.stamp_node
    and c.request = d.request
  returning c.account, c.hash, c.stamp_ms, c.stamp_node, c.request
), orphaned as (
  delete from change_request r using (select distinct account, stamp_ms, stamp_node, request from dropped) d
  where r.account = d.account and r.stamp_ms = d.stamp_ms and r.stamp_node = d.stamp_node and r.id = d.request
    and not exists (
      select from change c where c.account = d.account and c.stamp_ms = d.stamp_ms and c.stamp_node = d.stamp_node
        and c.request = d.request and not exists (
          select from dropped o where o.account = c.account and o.hash = c.hash and o.stamp_ms = c.stamp_ms
            and o.stamp_node = c.stamp_node and o.request = c.request))
    and not exists (
      select from input i where i.account = d.account and i.stamp_ms = d.stamp_ms and i.stamp_node = d.stamp_node
        and i.request = d.request)
), moved as (
  update message m set expiry_ms = v.expiry_ms, body_day = v.day
  from unnest($20::bytea[], $21::bytea[], $22::int[], $23::bigint[], $24::int[], $25::bigint[], $26::int[])
    as v (account, hash, namespace, seq, from_day, expiry_ms, day)
  where m.account = v.account and m.hash = v.hash and m.namespace = v.namespace and m.seq = v.seq
    and m.body_day = v.from_day
  returning m.seq, v.from_day, v.day
), copied as (
  insert into body (day, seq, data)
  select v.day, b.seq, b.data from moved v join body b on b.day = v.from_day and b.seq = v.seq where v.day <> v.from_day
  on conflict do nothing
), left_behind as (
  delete from body b using moved v where b.day = v.from_day and b.seq = v.seq and v.day <> v.from_day
)
update commit_count set commits = commits + 1 where part = ${COMMIT_PART.messages} returning commits`;

/** Writes it all or nothing. @throws DatabaseError */
export async function writeChanges(write: ChangeWrite, parts: ChangeWriteParts, nowMs: number): Promise<void> {
  const { database, partitions, changes, onCounted } = parts;
  changes.written();
  const days = write.moves.map((move) => endDay(move.expiryMs, nowMs));
  await partitions.ensure(new Set(days));
  const { rows } = await database.query<{ commits: bigint }>({
    name: "write_changes",
    text,
    values: [...requestColumns(write), ...keptColumns(write), ...droppedColumns(write), ...moveColumns(write, days)],
  });
  onCounted(rows[0]?.commits ?? 0n);
}

/** A body whose message has ended goes with those of today: a later change may say that it has not. */
function endDay(expiryMs: number, nowMs: number): number {
  return bodyDay(Math.max(expiryMs, nowMs));
}

function requestColumns({ requests }: ChangeWrite): unknown[] {
  return [...keyColumns(requests), requests.map(({ request }) => request)];
}

function keptColumns({ kept }: ChangeWrite): unknown[] {
  return [
    ...changeKeyColumns(kept),
    kept.map(({ change }) => MODE_NUMBER[change.mode]),
    kept.map(({ change }) => change.valueMs),
    kept.map(({ change }) => change.namespace ?? null),
    kept.map(({ blind }) => blind),
  ];
}

function droppedColumns({ dropped }: ChangeWrite): unknown[] {
  return changeKeyColumns(dropped);
}

function changeKeyColumns(changes: readonly { readonly account: Buffer; readonly change: Change }[]): unknown[] {
  return [
    changes.map(({ account }) => account),
    changes.map(({ change }) => change.hash ?? BULK),
    changes.map(({ change }) => change.stamp.ms),
    changes.map(({ change }) => change.stamp.node),
    changes.map(({ change }) => change.id),
  ];
}

function moveColumns({ moves }: ChangeWrite, days: readonly number[]): unknown[] {
  return [
    moves.map((move) => move.account),
    moves.map((move) => move.hash),
    moves.map((move) => move.namespace),
    moves.map((move) => move.seq),
    moves.map((move) => move.fromDay),
    moves.map((move) => move.expiryMs),
    days,
  ];
}
