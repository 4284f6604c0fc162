/** The two halves of a semi-binary frame. `json` is not parsed: it is the rest of the frame. */
export interface Frame {
  blob: Buffer;
  json: Buffer;
}

/** Size of the length that opens a frame, in bytes. */
const LENGTH_BYTES = 4;

/**
 * The frame of every onion layer (Session storage server, onion requests v2):
 * u32 little-endian length of the blob, the blob, JSON up to the end.
 */
export function frame(blob: Uint8Array, json: string | Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(blob.length);
  return Buffer.concat([length, blob, typeof json === "string" ? Buffer.from(json, "utf8") : json]);
}

/**
 * Takes a frame apart; both halves are views of `bytes`.
 *
 * @returns undefined when there is no whole length or the blob would go beyond the end.
 */
export function unframe(bytes: Uint8Array): Frame | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + all.readUInt32LE(0);
  if (end > all.length) return undefined;
  return { blob: all.subarray(LENGTH_BYTES, end), json: all.subarray(end) };
}
