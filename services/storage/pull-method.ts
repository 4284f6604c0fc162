import type { NodeKeys, Pubkey } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import {
  MAX_ENTRIES,
  readKey,
  readTombstoneKey,
  writeDeletion,
  writeEntry,
  writeHolders,
  writeKey,
  writeList,
  writeTombstone,
  writeTombstoneKey,
} from "./handoff-codec.ts";
import { fitting } from "./fit-tombstones.ts";
import { keyText, type MessageKey } from "./message-key.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import type { Executor } from "./executor.ts";
import type { HandoffState } from "./handoff-state.ts";
import { encodeRecord } from "./record-codec.ts";
import type { StoreRecord } from "./record.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { REFUSAL } from "./replica-kinds.ts";
import { readSealed, writeSealed } from "./sealed-cursor.ts";
import type { SourceState } from "./sync-task.ts";
import type { TombstoneTable } from "./tombstone-table.ts";

/** Index rows looked at for one answer. */
const PAGE = 2_000;

/** Bodies in one answer: it ends with the part of the keys that reaches this, and each part has at most so many. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const RECORDS_AT_ONCE = 32;

/** What the serving side of a pull needs. */
export interface PullParts {
  readonly view: NodeView;
  readonly commits: CommitQueue;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly clock: Clock;
  readonly ownState: () => SourceState;
  readonly keys: NodeKeys;
  readonly executor: Pick<Executor, "settled">;
  readonly state: Pick<HandoffState, "foundedAgeMs" | "owedFor">;
}

/** Told instead of an age by a node that was not one of the first of its swarm. */
export const NOT_FOUNDED = 2n ** 63n;

/** The bytes of a node's state in the answers to a pull. */
export const STATE_BYTES: readonly SourceState[] = ["whole", "behind", "blank"];

/**
 * A page of the index. Before the first page this node has seen the asker's map, and all that it committed under the map
 * before is visible: what comes later reaches the asker as a member.
 */
export function pullIndexMethod(parts: PullParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const after = readSealed(reader, { read: readKey, keys: parts.keys });
    reader.end();
    await beginPull(parts, peer, { mapHeight, first: after === undefined });
    // The state before the page is read: what comes in between may be missing from the page.
    const writer = new ByteWriter().u8(STATE_BYTES.indexOf(parts.ownState()));
    writer.u64(parts.state.foundedAgeMs ?? NOT_FOUNDED);
    const swarm = parts.view.current.swarmOf(peer);
    writeList(writer, after || swarm === undefined ? [] : parts.state.owedFor(swarm), writeHolders);
    const rows = await parts.messages.page(after, PAGE, parts.clock.now());
    writeSealed(writer, rows.length < PAGE ? undefined : rows.at(-1), { write: writeKey, keys: parts.keys });
    writeList(
      writer,
      rows.filter((row) => ownsAccount(parts.view, peer, row.account)),
      writeEntry,
    );
    return writer.finish();
  };
}

/** A page of tombstones with the signed requests behind them. */
export function pullTombstonesMethod(parts: PullParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const mapHeight = reader.u64();
    const after = readSealed(reader, { read: readTombstoneKey, keys: parts.keys });
    reader.end();
    await beginPull(parts, peer, { mapHeight, first: after === undefined });
    const rows = await parts.tombstones.page(after, PAGE, parts.clock.now());
    const own = rows.filter((row) => ownsAccount(parts.view, peer, row.account));
    const { tombstones, deletions } = await fitting(own, parts.tombstones);
    const cut = tombstones.length < own.length;
    const writer = new ByteWriter();
    const end = cut ? tombstones.at(-1) : rows.length < PAGE ? undefined : rows.at(-1);
    writeSealed(writer, end, { write: writeTombstoneKey, keys: parts.keys });
    writeList(writer, deletions, writeDeletion);
    writeList(writer, tombstones, writeTombstone);
    return writer.finish();
  };
}

/** The messages that the asker lacks: the first of them, about as many as make a frame; it asks again for the others. */
export function pullRecordsMethod(parts: PullParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const keys = reader.list(MAX_ENTRIES, readKey);
    reader.end();
    ensureKeeper(parts.view, peer);
    const own = keys.filter((key) => ownsAccount(parts.view, peer, key.account));
    const records = await first(own, parts);
    const writer = new ByteWriter();
    writeList(writer, records, (target, record) => target.bytes(encodeRecord(record)));
    return writer.finish();
  };
}

async function first(keys: readonly MessageKey[], { messages, clock }: PullParts): Promise<StoreRecord[]> {
  const left = [...new Map(keys.map((key) => [keyText(key), key])).values()];
  const records: StoreRecord[] = [];
  for (let bytes = 0; left.length > 0 && bytes < MAX_RECORD_BYTES; ) {
    const some = await messages.records(left.splice(0, RECORDS_AT_ONCE), clock.now());
    bytes += some.reduce((sum, record) => sum + record.data.length, 0);
    records.push(...some);
  }
  return records;
}

/** Refuses whoever keeps nothing; before a first page, waits for the asker's map and for all that came under earlier ones. */
export async function beginPull(
  parts: PullParts,
  peer: Pubkey,
  page: { mapHeight: bigint; first: boolean },
): Promise<void> {
  await parts.view.seen(page.mapHeight);
  ensureKeeper(parts.view, peer);
  if (page.first) await caughtUp(parts);
}

/** Resolves when all that was let in before is committed: long deletes, which go in parts, and the queue. */
export async function caughtUp({ executor, commits }: Pick<PullParts, "executor" | "commits">): Promise<void> {
  await executor.settled();
  await commits.barrier();
}

function ensureKeeper(view: NodeView, peer: Pubkey): void {
  if (view.current.swarmOf(peer) === undefined) throw new LinkRefusal(REFUSAL.stranger, "in no swarm");
}

/** Records go only to those who keep the account now. */
export function ownsAccount(view: NodeView, peer: Pubkey, account: Buffer): boolean {
  return view.responsible(account)?.members.includes(peer) ?? false;
}
