import { asBuffer, randomBytes } from "./bytes.ts";
import { ed25519SecretToX25519, signingKeyPairFromSeed } from "./ed25519.ts";
import { CryptoError } from "./errors.ts";
import { x25519PublicKey } from "./x25519.ts";

/** The Ed25519 key that names a service node, as 64 lower-case hex digits. */
export type Pubkey = string & { readonly __brand: "Pubkey" };

/** Everything that follows from the one secret of a service node. */
export interface NodeKeys {
  pubkey: Pubkey;
  ed25519: { publicKey: Buffer; secretKey: Buffer; seed: Buffer };
  x25519: { publicKey: Buffer; secretKey: Buffer };
}

/**
 * Brands an Ed25519 public key given as 64 hex digits in either case or as 32 bytes. Checks the shape, not the curve.
 *
 * @throws CryptoError `bad-key` for any other shape.
 */
export function pubkey(hexOrBytes: string | Uint8Array): Pubkey {
  const hex = typeof hexOrBytes === "string" ? hexOrBytes.toLowerCase() : asBuffer(hexOrBytes).toString("hex");
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new CryptoError("bad-key", "a node key is 64 hex digits or 32 bytes");
  return hex as Pubkey;
}

/** The 32 bytes of a node key. */
export function pubkeyBytes(key: Pubkey): Buffer {
  return Buffer.from(key, "hex");
}

/** A fresh 32-byte seed for {@link nodeKeysFromSeed}. */
export function generateSeed(): Buffer {
  return randomBytes(32);
}

/**
 * The keys of the node that `seed` (32 bytes, copied) stands for; the X25519 pair is converted from the Ed25519 one.
 *
 * @throws CryptoError `bad-key` when the seed has another length.
 */
export function nodeKeysFromSeed(seed: Uint8Array): NodeKeys {
  const { publicKey, secretKey } = signingKeyPairFromSeed(seed);
  const exchangeSecret = ed25519SecretToX25519(secretKey);
  return {
    pubkey: pubkey(publicKey),
    ed25519: { publicKey, secretKey, seed: Buffer.from(seed) },
    x25519: { publicKey: x25519PublicKey(exchangeSecret), secretKey: exchangeSecret },
  };
}
