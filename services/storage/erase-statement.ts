import type { Database } from "@swarmpost/postgres";
import { keyColumns } from "./change-table.ts";
import type { RevocationRecord } from "./record.ts";
import type { RequestKey } from "./signed-request.ts";
import { eraseRevocations } from "./revocation-statement.ts";

/** A message that was handed over, as it was then: one that changed since stays. */
export interface ErasedMessage {
  readonly account: Buffer;
  readonly hash: Buffer;
  readonly namespace: number;
  readonly stampMs: number;
  readonly expiryMs: number;
}

/** A tombstone that was handed over. */
export interface ErasedTombstone {
  readonly account: Buffer;
  readonly hash: Buffer;
  readonly stampMs: number;
}

/** What to remove after a handoff; no tombstone is left for it. */
export interface Erasure {
  readonly messages: readonly ErasedMessage[];
  readonly tombstones: readonly ErasedTombstone[];
  /** Requests with all that refers to them. */
  readonly revocations?: readonly RevocationRecord[];
  /** Signed changes with all that they say. */
  readonly changes?: readonly RequestKey[];
}

const messagesText = `
with input as (
  select * from unnest($1::bytea[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[])
    as i (account, hash, namespace, stamp_ms, expiry_ms)
), gone as (
  delete from message m using input i
  where m.account = i.account and m.hash = i.hash and m.namespace = i.namespace
    and m.stamp_ms <= i.stamp_ms and m.expiry_ms <= i.expiry_ms
  returning m.body_day, m.seq
)
delete from body b using gone g where b.day = g.body_day and b.seq = g.seq`;

const tombstonesText = `
delete from tombstone t using unnest($1::bytea[], $2::bytea[], $3::bigint[]) as i (account, hash, stamp_ms)
where t.account = i.account and t.hash = i.hash and t.stamp_ms <= i.stamp_ms`;

/** Removes messages with their bodies, and tombstones. */
export async function commitErasures(database: Database, erasures: readonly Erasure[]): Promise<void> {
  const messages = erasures.flatMap((erasure) => erasure.messages);
  if (messages.length > 0) {
    await database.query({
      name: "erase_messages",
      text: messagesText,
      values: [
        messages.map((row) => row.account),
        messages.map((row) => row.hash),
        messages.map((row) => row.namespace),
        messages.map((row) => row.stampMs),
        messages.map((row) => row.expiryMs),
      ],
    });
  }
  await eraseRevocations(
    database,
    erasures.flatMap((erasure) => erasure.revocations ?? []),
  );
  await eraseChanges(
    database,
    erasures.flatMap((erasure) => erasure.changes ?? []),
  );
  const tombstones = erasures.flatMap((erasure) => erasure.tombstones);
  if (tombstones.length === 0) return;
  await database.query({
    name: "erase_tombstones",
    text: tombstonesText,
    values: [
      tombstones.map((row) => row.account),
      tombstones.map((row) => row.hash),
      tombstones.map((row) => row.stampMs),
    ],
  });
}

const changesText = `
with input as (
  select * from unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[]) as i (account, stamp_ms, stamp_node, id)
), effects as (
  delete from change c using input i where c.account = i.account and c.stamp_ms = i.stamp_ms
    and c.stamp_node = i.stamp_node and c.request = i.id
)
delete from change_request r using input i
where r.account = i.account and r.stamp_ms = i.stamp_ms and r.stamp_node = i.stamp_node and r.id = i.id`;

async function eraseChanges(database: Database, keys: readonly RequestKey[]): Promise<void> {
  if (keys.length > 0) await database.query({ name: "erase_changes", text: changesText, values: keyColumns(keys) });
}
