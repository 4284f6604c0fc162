import { blake2b } from "@swarmpost/crypto";
import type { Database, Queryable } from "@swarmpost/postgres";
import { MAX_REVOKED } from "@swarmpost/storage-rpc";
import { COMMIT_PART } from "./database-identity.ts";
import type { RevocationRecord } from "./record.ts";

/** What became of one revocation on this node. */
export interface RevocationResult {
  /** Tokens that an `unrevoke` found revoked; 0 for a `revoke`. */
  readonly restored: number;
  /** Stamp (milliseconds) of a later request about one of its tokens; 0 when there is none. */
  readonly beatenMs: number;
}

/** Tokens put in force again of which an account's newest are remembered, so that an older copy of their revocation changes nothing. */
export const MAX_RESTORED = 200;

interface Row {
  ord: bigint;
  was_revoked: boolean;
  beaten_ms: bigint | null;
}

/** Of two requests about one token the one with the later stamp holds; the same one again changes nothing. */
const changeTokens = `
with input as materialized (
  select * from unnest($1::bytea[], $2::bytea[], $3::boolean[], $4::bigint[], $5::bytea[], $6::int[], $7::bytea[],
    $8::int[]) as i (account, token, revoked, stamp_ms, stamp_node, place, request, ord)
), old as (
  select i.ord, r.revoked, case when (r.stamp_ms, r.stamp_node) > (i.stamp_ms, i.stamp_node) then r.stamp_ms end as beaten_ms
  from input i join revocation r on r.account = i.account and r.token = i.token
), changed as (
  insert into revocation as r (account, token, revoked, stamp_ms, stamp_node, place, request)
  select account, token, revoked, stamp_ms, stamp_node, place, request from input
  on conflict (account, token) do update set revoked = excluded.revoked, stamp_ms = excluded.stamp_ms,
    stamp_node = excluded.stamp_node, place = excluded.place, request = excluded.request
  where (excluded.stamp_ms, excluded.stamp_node) > (r.stamp_ms, r.stamp_node)
)
select ord, revoked as was_revoked, beaten_ms from old`;

const keepRequests = `
insert into revocation_request as r (id, account, stamp_ms, stamp_node, request)
select * from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[])
on conflict (id) do update set stamp_ms = excluded.stamp_ms, stamp_node = excluded.stamp_node
where (excluded.stamp_ms, excluded.stamp_node) > (r.stamp_ms, r.stamp_node)`;

/** Each account keeps its newest revoked tokens, and the newest of those that are in force again. */
const dropOldest = `
with crowd as (
  select account, token, row_number() over (
    partition by account, revoked order by stamp_ms desc, stamp_node desc, place desc) as n, revoked
  from revocation where account = any($1::bytea[])
)
delete from revocation r using crowd c
where r.account = c.account and r.token = c.token
  and c.n > case when c.revoked then ${MAX_REVOKED} else ${MAX_RESTORED} end`;

const dropRequests = `
delete from revocation_request q where q.account = any($1::bytea[])
  and not exists (select from revocation r where r.account = q.account and r.request = q.id)`;

const count = `update commit_count set commits = commits + 1 where part = ${COMMIT_PART.messages} returning commits`;

/** The name of a request, however often it arrives: BLAKE2b-256, 32 bytes. */
export function revocationId(request: Buffer): Buffer {
  return blake2b(32, request);
}

/**
 * Commits revocations and says what became of each, in the same order. No two of them may name the same token of an
 * account. `onCounted` is told how many commits the database has now.
 */
export async function commitRevocations(
  database: Database,
  records: readonly RevocationRecord[],
  onCounted: (commits: bigint) => void,
): Promise<RevocationResult[]> {
  const { rows, commits } = await database.transaction(async (transaction) => {
    const { rows } = await transaction.query<Row>({ text: changeTokens, values: tokenValues(records) });
    await transaction.query({ text: keepRequests, values: requestValues(records) });
    const accounts = [...new Map(records.map(({ account }) => [account.toString("latin1"), account])).values()];
    await transaction.query({ text: dropOldest, values: [accounts] });
    await transaction.query({ text: dropRequests, values: [accounts] });
    return { rows, commits: await counted(transaction) };
  });
  onCounted(commits);
  return records.map((record, i) => {
    const about = rows.filter((row) => Number(row.ord) === i);
    const restored = record.change === "unrevoke" ? about.filter(isRestored).length : 0;
    return { restored, beatenMs: about.reduce((latest, row) => Math.max(latest, Number(row.beaten_ms ?? 0)), 0) };
  });
}

/** Removes requests that were handed over, with what refers to them; what changed since stays. */
export async function eraseRevocations(database: Database, records: readonly RevocationRecord[]): Promise<void> {
  if (records.length === 0) return;
  await database.query({
    name: "erase_revocations",
    text: `with input as materialized (select * from unnest($1::bytea[], $2::bigint[]) as i (id, stamp_ms)),
             gone as (delete from revocation_request r using input i where r.id = i.id and r.stamp_ms <= i.stamp_ms
               returning r.id, r.account)
           delete from revocation r using gone g where r.account = g.account and r.request = g.id`,
    values: [records.map(({ request }) => revocationId(request)), records.map(({ stamp }) => stamp.ms)],
  });
}

function isRestored(row: Row): boolean {
  return row.was_revoked && row.beaten_ms === null;
}

async function counted(transaction: Queryable): Promise<bigint> {
  const { rows } = await transaction.query<{ commits: bigint }>({ text: count });
  return rows[0]?.commits ?? 0n;
}

function tokenValues(records: readonly RevocationRecord[]): unknown[] {
  const rows = records.flatMap((record, ord) => {
    const request = revocationId(record.request);
    return record.tokens.map((token, place) => ({ record, token, place, request, ord }));
  });
  return [
    rows.map(({ record }) => record.account),
    rows.map(({ token }) => token),
    rows.map(({ record }) => record.change === "revoke"),
    rows.map(({ record }) => record.stamp.ms),
    rows.map(({ record }) => record.stamp.node),
    rows.map(({ place }) => place),
    rows.map(({ request }) => request),
    rows.map(({ ord }) => ord),
  ];
}

function requestValues(records: readonly RevocationRecord[]): unknown[] {
  return [
    records.map((record) => revocationId(record.request)),
    records.map((record) => record.account),
    records.map((record) => record.stamp.ms),
    records.map((record) => record.stamp.node),
    records.map((record) => record.request),
  ];
}
