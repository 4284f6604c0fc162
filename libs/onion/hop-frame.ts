import type { EncType } from "@swarmpost/crypto";
import type { OnionRequest } from "./outer.ts";

const HEAD_BYTES = 34;
const ENC_TYPES: readonly EncType[] = ["aes-gcm", "aes-cbc", "xchacha20"];

/**
 * The form of an onion on a peer link: `u8 encType (0 aes-gcm, 1 aes-cbc, 2 xchacha20) | u8 hopNo | 32 bytes ephemeral
 * key | ciphertext`. See docs/protocol/peer-link.md.
 */
export function encodeHopFrame(request: OnionRequest): Buffer {
  const { ciphertext } = request;
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + ciphertext.length);
  bytes[0] = ENC_TYPES.indexOf(request.encType);
  bytes[1] = request.hopNo;
  bytes.set(request.ephemeralKey, 2);
  bytes.set(ciphertext, HEAD_BYTES);
  return bytes;
}

/** Reads a hop frame without copying; `undefined` when it is too short or names no known cipher. */
export function decodeHopFrame(bytes: Buffer): OnionRequest | undefined {
  const encType = ENC_TYPES[bytes[0] ?? 255];
  if (bytes.length < HEAD_BYTES || !encType) return undefined;
  return {
    encType,
    hopNo: bytes.readUInt8(1),
    ephemeralKey: bytes.subarray(2, HEAD_BYTES),
    ciphertext: bytes.subarray(HEAD_BYTES),
  };
}
