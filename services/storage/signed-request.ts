import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { Stamp } from "./stamp.ts";
import { readStamp } from "./record-codec.ts";

/** A request as nodes exchange it: what the account itself signed, and from when it counts. */
export interface SignedRequest {
  readonly account: Buffer;
  readonly stamp: Stamp;
  /** BLAKE2b-256 of the request. */
  readonly id: Buffer;
  /** UTF-8 JSON. */
  readonly request: Buffer;
}

/** Where a page of signed requests ended. */
export type RequestKey = Omit<SignedRequest, "request">;

export function writeRequestKey(writer: ByteWriter, { account, stamp, id }: RequestKey): ByteWriter {
  return writer.bytes(account).u64(stamp.ms).bytes(stamp.node).bytes(id);
}

export function readRequestKey(reader: ByteReader): RequestKey {
  const account = Buffer.from(reader.bytes(33));
  return { account, stamp: readStamp(reader), id: Buffer.from(reader.bytes(32)) };
}
