import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/** An Ed25519 key pair; `secretKey` is libsodium's 64-byte form, seed then public key. */
export interface SigningKeyPair {
  publicKey: Buffer;
  secretKey: Buffer;
}

/**
 * The key pair that a 32-byte seed stands for.
 *
 * @throws CryptoError `bad-key` when the seed has another length.
 */
export function signingKeyPairFromSeed(seed: Uint8Array): SigningKeyPair {
  if (seed.length !== 32) throw new CryptoError("bad-key", "an Ed25519 seed has 32 bytes");
  const publicKey = Buffer.alloc(32);
  const secretKey = Buffer.alloc(64);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, asBuffer(seed));
  return { publicKey, secretKey };
}

/**
 * Signs (RFC 8032, deterministic) with a 64-byte secret key; 64 bytes.
 *
 * @throws CryptoError `bad-key` when the key has another length.
 */
export function sign(message: Uint8Array, secretKey: Uint8Array): Buffer {
  if (secretKey.length !== 64) throw new CryptoError("bad-key", "an Ed25519 secret key has 64 bytes");
  const signature = Buffer.alloc(64);
  sodium.crypto_sign_detached(signature, asBuffer(message), asBuffer(secretKey));
  return signature;
}

/** True when `signature` (64 bytes) over `message` is by `publicKey` (32 bytes). Never throws: bad sizes are false. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  return sodium.crypto_sign_verify_detached(asBuffer(signature), asBuffer(message), asBuffer(publicKey));
}

/**
 * The X25519 key of an Ed25519 key. Dearer than a key exchange (about 55 µs): keep the result for a peer.
 *
 * @returns undefined when the bytes are no point of the curve's main subgroup.
 */
export function ed25519PublicToX25519(publicKey: Uint8Array): Buffer | undefined {
  if (publicKey.length !== 32) return undefined;
  const converted = Buffer.alloc(32);
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(converted, asBuffer(publicKey));
  } catch {
    return undefined;
  }
  return converted;
}

/**
 * The X25519 secret of a 64-byte Ed25519 secret key.
 *
 * @throws CryptoError `bad-key` when the key has another length.
 */
export function ed25519SecretToX25519(secretKey: Uint8Array): Buffer {
  if (secretKey.length !== 64) throw new CryptoError("bad-key", "an Ed25519 secret key has 64 bytes");
  const converted = Buffer.alloc(32);
  sodium.crypto_sign_ed25519_sk_to_curve25519(converted, asBuffer(secretKey));
  return converted;
}
