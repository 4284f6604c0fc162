import { createHash } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/**
 * BLAKE2b of one or several concatenated pieces.
 *
 * @param size bytes of output, 16 to 64.
 * @param key optional, 1 to 64 bytes.
 * @throws CryptoError `bad-input` for other sizes.
 */
export function blake2b(size: number, data: Uint8Array | readonly Uint8Array[], key?: Uint8Array): Buffer {
  if (!Number.isInteger(size) || size < 16 || size > 64)
    throw new CryptoError("bad-input", "blake2b size out of range");
  if (key && (key.length < 1 || key.length > 64)) throw new CryptoError("bad-input", "blake2b key size out of range");
  const output = Buffer.allocUnsafe(size);
  const pieces = data instanceof Uint8Array ? [asBuffer(data)] : data.map(asBuffer);
  sodium.crypto_generichash_batch(output, pieces, ...(key ? [asBuffer(key)] : []));
  return output;
}

/** Keccak-256 with the original padding, as Ethereum and Oxen use it (not SHA3-256). 32 bytes. */
export function keccak256(data: Uint8Array): Buffer {
  return asBuffer(keccak_256(data));
}

/** SHA-512, 64 bytes. */
export function sha512(data: Uint8Array): Buffer {
  return createHash("sha512").update(data).digest();
}
