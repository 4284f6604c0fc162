import type { Pubkey } from "@swarmpost/crypto";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { writeDeletion, writeEntry, writeList, writeTombstone } from "./handoff-codec.ts";
import { StorageError } from "./errors.ts";
import { fitting } from "./fit-tombstones.ts";
import { VERDICT, type Verdict } from "./handoff-receive.ts";
import type { MessageEntry, TombstoneEntry } from "./message-key.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import { encodeRecord } from "./record-codec.ts";
import { KIND } from "./replica-kinds.ts";
import { chunks } from "./sync-pull.ts";
import type { TombstoneTable } from "./tombstone-table.ts";

/** Messages and tombstones to be offered together. */
export interface Bundle {
  readonly messages: readonly MessageEntry[];
  readonly tombstones: readonly TombstoneEntry[];
}

/** What offering needs. */
export interface OfferParts {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly clock: Clock;
  /** Told how many records were sent and taken. */
  readonly onPushed: (count: number) => void;
}

const DEADLINE_MS = 15_000;

/**
 * Offers a bundle to one node and sends what it wants. Resolves with its verdict on each message, then on each tombstone,
 * as they were before anything was sent; undefined when it did not answer.
 */
export async function offer(target: Pubkey, bundle: Bundle, parts: OfferParts): Promise<Verdict[] | undefined> {
  try {
    const writer = new ByteWriter().u64(parts.view.current.map.height);
    writeList(writer, bundle.messages, writeEntry);
    writeList(writer, bundle.tombstones, writeTombstone);
    const answer = await ask(target, KIND.offer, writer, parts);
    if (answer.length !== bundle.messages.length + bundle.tombstones.length) return undefined;
    const verdicts = [...answer] as Verdict[];
    const wanted = (_: unknown, i: number) => verdicts[i] === VERDICT.wanted;
    const wantedTombstone = (_: unknown, i: number) => verdicts[bundle.messages.length + i] === VERDICT.wanted;
    await sendTombstones(target, bundle.tombstones.filter(wantedTombstone), parts);
    for (const chunk of chunks(bundle.messages.filter(wanted))) await sendMessages(target, chunk, parts);
    return verdicts;
  } catch (error) {
    if (error instanceof LinkError || error instanceof StorageError) return undefined;
    throw error;
  }
}

async function sendMessages(target: Pubkey, entries: readonly MessageEntry[], parts: OfferParts): Promise<void> {
  const records = await parts.messages.records(entries, parts.clock.now());
  const writer = new ByteWriter().u64(parts.view.current.map.height);
  writeList(writer, records, (each, record) => each.bytes(encodeRecord(record)));
  writeList(writer, [], writeDeletion);
  writeList(writer, [], writeTombstone);
  const answer = new ByteReader(await ask(target, KIND.handOver, writer, parts));
  parts.onPushed(answer.list(records.length, (each) => each.u8()).filter((taken) => taken === 1).length);
}

async function sendTombstones(target: Pubkey, entries: readonly TombstoneEntry[], parts: OfferParts): Promise<void> {
  for (let rest = [...entries]; rest.length > 0; ) {
    const { tombstones, deletions } = await fitting(rest, parts.tombstones);
    const writer = new ByteWriter().u64(parts.view.current.map.height);
    writeList(writer, [], writeDeletion);
    writeList(writer, deletions, writeDeletion);
    writeList(writer, tombstones, writeTombstone);
    await ask(target, KIND.handOver, writer, parts);
    rest = rest.slice(tombstones.length);
  }
}

async function ask(target: Pubkey, kind: number, writer: ByteWriter, parts: OfferParts): Promise<Buffer> {
  return parts.links.request(target, kind, writer.finish(), { deadlineMs: DEADLINE_MS });
}
