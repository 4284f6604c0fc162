import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { StoreAuth } from "./record.ts";

const HAS_KEY = 1;
const HAS_SUBACCOUNT = 2;

/** The bytes of a store's signature data, on the wire and in the `auth` column: docs/protocol/replication.md. */
export function encodeAuth(auth: StoreAuth): Buffer {
  const flags = (auth.ed25519 ? HAS_KEY : 0) | (auth.subaccount ? HAS_SUBACCOUNT : 0);
  const writer = new ByteWriter().u8(flags).bytes(auth.signature).u64(auth.signatureTimestampMs);
  if (auth.ed25519) writer.bytes(auth.ed25519);
  if (auth.subaccount) writer.bytes(auth.subaccount.token).bytes(auth.subaccount.signature);
  return writer.finish();
}

/** @throws StorageError "malformed". */
export function decodeAuth(bytes: Buffer): StoreAuth {
  const reader = new ByteReader(bytes);
  const flags = reader.u8();
  const signature = reader.bytes(64);
  const signatureTimestampMs = reader.count();
  const ed25519 = flags & HAS_KEY ? reader.bytes(32) : undefined;
  const subaccount = flags & HAS_SUBACCOUNT ? { token: reader.bytes(36), signature: reader.bytes(64) } : undefined;
  reader.end();
  return { signature, signatureTimestampMs, ed25519, subaccount };
}
