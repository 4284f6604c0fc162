import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/** Bytes that a sealed box adds: an ephemeral key and a tag. */
const OVERHEAD = 48;

/**
 * libsodium's anonymous box to an X25519 key: `crypto_box_seal`.
 *
 * @throws CryptoError `bad-key` when the key has another length than 32 or is of small order.
 */
export function sealBox(message: Uint8Array, x25519PublicKey: Uint8Array): Buffer {
  if (x25519PublicKey.length !== 32) throw new CryptoError("bad-key", "an X25519 key has 32 bytes");
  const sealed = Buffer.alloc(message.length + OVERHEAD);
  try {
    sodium.crypto_box_seal(sealed, asBuffer(message), asBuffer(x25519PublicKey));
  } catch (cause) {
    throw new CryptoError("bad-key", "X25519 key can't be sealed to", { cause });
  }
  return sealed;
}

/** Opens a sealed box; undefined when it is not for this key pair or was changed. */
export function openSealedBox(
  sealed: Uint8Array,
  x25519PublicKey: Uint8Array,
  x25519SecretKey: Uint8Array,
): Buffer | undefined {
  if (sealed.length < OVERHEAD || x25519PublicKey.length !== 32 || x25519SecretKey.length !== 32) return undefined;
  const message = Buffer.alloc(sealed.length - OVERHEAD);
  const opened = sodium.crypto_box_seal_open(
    message,
    asBuffer(sealed),
    asBuffer(x25519PublicKey),
    asBuffer(x25519SecretKey),
  );
  return opened ? message : undefined;
}
