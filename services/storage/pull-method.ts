import type { Pubkey } from "@swarmpost/crypto";
import type { Clock } from "@swarmpost/runtime";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import {
  MAX_ENTRIES,
  readCursor,
  readKey,
  readTombstoneKey,
  writeCursor,
  writeDeletion,
  writeEntry,
  writeHolders,
  writeKey,
  writeList,
  writeTombstone,
  writeTombstoneKey,
} from "./handoff-codec.ts";
import { fitting } from "./fit-tombstones.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import type { HandoffState } from "./handoff-state.ts";
import { encodeRecord } from "./record-codec.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import type { SourceState } from "./sync-task.ts";
import type { TombstoneTable } from "./tombstone-table.ts";

/** Index rows looked at for one answer. */
const PAGE = 2_000;

/** What the serving side of a pull needs. */
export interface PullParts {
  readonly view: NodeView;
  readonly commits: CommitQueue;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly clock: Clock;
  readonly ownState: () => SourceState;
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
    const after = readCursor(reader, readKey);
    reader.end();
    await parts.view.seen(mapHeight);
    if (after === undefined) await parts.commits.barrier();
    // The state before the page is read: what comes in between may be missing from the page.
    const writer = new ByteWriter().u8(STATE_BYTES.indexOf(parts.ownState()));
    writer.u64(parts.state.foundedAgeMs ?? NOT_FOUNDED);
    const swarm = parts.view.current.swarmOf(peer);
    writeList(writer, after || swarm === undefined ? [] : parts.state.owedFor(swarm), writeHolders);
    const rows = await parts.messages.page(after, PAGE, parts.clock.now());
    writeCursor(writer, rows.length < PAGE ? undefined : rows.at(-1), writeKey);
    writeList(
      writer,
      rows.filter((row) => owns(parts.view, peer, row.account)),
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
    const after = readCursor(reader, readTombstoneKey);
    reader.end();
    await parts.view.seen(mapHeight);
    const rows = await parts.tombstones.page(after, PAGE, parts.clock.now());
    const own = rows.filter((row) => owns(parts.view, peer, row.account));
    const { tombstones, deletions } = await fitting(own, parts.tombstones);
    const cut = tombstones.length < own.length;
    const writer = new ByteWriter();
    writeCursor(writer, cut ? tombstones.at(-1) : rows.length < PAGE ? undefined : rows.at(-1), writeTombstoneKey);
    writeList(writer, deletions, writeDeletion);
    writeList(writer, tombstones, writeTombstone);
    return writer.finish();
  };
}

/** The messages that the asker lacks. */
export function pullRecordsMethod(parts: PullParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const keys = reader.list(MAX_ENTRIES, readKey);
    reader.end();
    const own = keys.filter((key) => owns(parts.view, peer, key.account));
    const records = await parts.messages.records(own, parts.clock.now());
    const writer = new ByteWriter();
    writeList(writer, records, (target, record) => target.bytes(encodeRecord(record)));
    return writer.finish();
  };
}

/** Records go only to those who keep the account now. */
function owns(view: NodeView, peer: Pubkey, account: Buffer): boolean {
  return view.responsible(account)?.members.includes(peer) ?? false;
}
