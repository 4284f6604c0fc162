import sodium from "sodium-native";
import { asBuffer, randomBytes } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/** An X25519 key pair, 32 bytes each. */
export interface ExchangeKeyPair {
  publicKey: Buffer;
  secretKey: Buffer;
}

/** A fresh key pair: every onion layer has its own. */
export function x25519KeyPair(): ExchangeKeyPair {
  const secretKey = randomBytes(32);
  return { publicKey: x25519PublicKey(secretKey), secretKey };
}

/**
 * The public half of a 32-byte secret.
 *
 * @throws CryptoError `bad-key` when the secret has another length.
 */
export function x25519PublicKey(secretKey: Uint8Array): Buffer {
  if (secretKey.length !== 32) throw new CryptoError("bad-key", "an X25519 secret has 32 bytes");
  const publicKey = Buffer.alloc(32);
  sodium.crypto_scalarmult_base(publicKey, asBuffer(secretKey));
  return publicKey;
}

/**
 * The raw shared secret, 32 bytes: hash it before use as a key.
 *
 * @throws CryptoError `bad-key` for other lengths and for public keys of small order (the result would be zero).
 */
export function x25519SharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Buffer {
  if (secretKey.length !== 32 || publicKey.length !== 32) {
    throw new CryptoError("bad-key", "X25519 keys have 32 bytes");
  }
  const shared = Buffer.alloc(32);
  try {
    sodium.crypto_scalarmult(shared, asBuffer(secretKey), asBuffer(publicKey));
  } catch (cause) {
    throw new CryptoError("bad-key", "X25519 public key of small order", { cause });
  }
  return shared;
}
