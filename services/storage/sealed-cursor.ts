import { type NodeKeys, openSealedBox, sealBox } from "@swarmpost/crypto";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { StorageError } from "./errors.ts";

/** Longest cursor of another node that is kept and sent back, in bytes. */
const MAX_BYTES = 256;

/**
 * Writes where a page ended so that only this node can read it: the last row may be of an account that is none of the
 * asker's business.
 */
export function writeSealed<K>(
  writer: ByteWriter,
  key: K | undefined,
  { write, keys }: { write: (writer: ByteWriter, key: K) => ByteWriter; keys: NodeKeys },
): void {
  writer.u8(key === undefined ? 0 : 1);
  if (key !== undefined) writer.blob(sealBox(write(new ByteWriter(), key).finish(), keys.x25519.publicKey));
}

/** Reads what this node sealed. @throws StorageError "malformed". */
export function readSealed<K>(
  reader: ByteReader,
  { read, keys }: { read: (reader: ByteReader) => K; keys: NodeKeys },
): K | undefined {
  const sealed = readOpaque(reader);
  if (sealed === undefined) return undefined;
  const bytes = openSealedBox(sealed, keys.x25519.publicKey, keys.x25519.secretKey);
  if (bytes === undefined) throw new StorageError("malformed", "not a cursor of this node");
  const opened = new ByteReader(bytes);
  const key = read(opened);
  opened.end();
  return key;
}

/** The asker's side: bytes to be sent back as they are. */
export function writeOpaque(writer: ByteWriter, cursor: Buffer | undefined): void {
  writer.u8(cursor === undefined ? 0 : 1);
  if (cursor !== undefined) writer.blob(cursor);
}

/** The asker's side. @throws StorageError "malformed". */
export function readOpaque(reader: ByteReader): Buffer | undefined {
  if (reader.u8() === 0) return undefined;
  const cursor = Buffer.from(reader.blob());
  if (cursor.length > MAX_BYTES) throw new StorageError("malformed", "a cursor is too long");
  return cursor;
}
