import { pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Deletion } from "./delete-statement.ts";
import type { MessageEntry, MessageKey, TombstoneEntry, TombstoneKey } from "./message-key.ts";
import { readStamp } from "./record-codec.ts";
import type { Holders } from "./sync-task.ts";

/** Most entries in one message of a handoff. */
export const MAX_ENTRIES = 4_096;

/** Most holders of one part of the ring, and most parts, that a source may name. */
export const MAX_HOLDERS = 256;

/** Writes a list with its length before it. */
export function writeList<T>(
  writer: ByteWriter,
  items: readonly T[],
  write: (writer: ByteWriter, item: T) => void,
): void {
  writer.u32(items.length);
  for (const item of items) write(writer, item);
}

export function writeKey(writer: ByteWriter, key: MessageKey): ByteWriter {
  return writer.bytes(key.account).bytes(key.hash).i16(key.namespace);
}

export function readKey(reader: ByteReader): MessageKey {
  return { account: copy(reader, 33), hash: copy(reader, 32), namespace: reader.i16() };
}

export function writeEntry(writer: ByteWriter, entry: MessageEntry): void {
  writeKey(writer, entry).u64(entry.stamp.ms).bytes(entry.stamp.node).u64(entry.expiryMs).u32(entry.bodySize);
}

export function readEntry(reader: ByteReader): MessageEntry {
  return { ...readKey(reader), stamp: readStamp(reader), expiryMs: reader.count(), bodySize: reader.u32() };
}

export function writeTombstoneKey(writer: ByteWriter, key: TombstoneKey): ByteWriter {
  return writer.bytes(key.account).bytes(key.hash);
}

export function readTombstoneKey(reader: ByteReader): TombstoneKey {
  return { account: copy(reader, 33), hash: copy(reader, 32) };
}

export function writeTombstone(writer: ByteWriter, entry: TombstoneEntry): void {
  writeTombstoneKey(writer, entry).u64(entry.stamp.ms).bytes(entry.stamp.node).u64(entry.expiryMs);
  writer.bytes(entry.deletion);
}

export function readTombstone(reader: ByteReader): TombstoneEntry {
  const key = readTombstoneKey(reader);
  return { ...key, stamp: readStamp(reader), expiryMs: reader.count(), deletion: copy(reader, 32) };
}

export function writeDeletion(writer: ByteWriter, deletion: Deletion): void {
  writer.bytes(deletion.account).blob(deletion.request);
}

/** Account and request; the id is computed by the reader of the record, never believed. */
export function readDeletion(reader: ByteReader): Omit<Deletion, "id"> {
  return { account: copy(reader, 33), request: Buffer.from(reader.blob()) };
}

export function writeHolders(writer: ByteWriter, holders: Holders): void {
  writer.u32(holders.size);
  writeList(writer, holders.sources, (each, node) => each.bytes(pubkeyBytes(node)));
}

export function readHolders(reader: ByteReader): Holders {
  const size = reader.u32();
  return { size, sources: reader.list(MAX_HOLDERS, (each) => pubkey(each.bytes(32))) };
}

/** A cursor that may be absent. */
export function writeCursor<K>(
  writer: ByteWriter,
  key: K | undefined,
  write: (writer: ByteWriter, key: K) => void,
): void {
  writer.u8(key === undefined ? 0 : 1);
  if (key !== undefined) write(writer, key);
}

export function readCursor<K>(reader: ByteReader, read: (reader: ByteReader) => K): K | undefined {
  return reader.u8() === 0 ? undefined : read(reader);
}

function copy(reader: ByteReader, length: number): Buffer {
  return Buffer.from(reader.bytes(length));
}
