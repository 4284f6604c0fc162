import sodium from "sodium-native";
import { asBuffer, randomBytes, secureWipe } from "./bytes.ts";

/** First byte of a sealed blob: argon2id with the limits below, then secretbox. */
const VERSION = 1;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SALT_BYTES + NONCE_BYTES;

/**
 * Locks a secret with a passphrase (argon2id at libsodium's interactive limits: 64 MiB, 2 passes; then
 * XSalsa20-Poly1305). Layout: version 1 byte, salt 16, nonce 24, ciphertext with tag. Blocks for about 0.1 s.
 */
export function passwordSeal(plain: Uint8Array, passphrase: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const box = Buffer.alloc(plain.length + TAG_BYTES);
  const key = stretch(passphrase, salt);
  sodium.crypto_secretbox_easy(box, asBuffer(plain), nonce, key);
  secureWipe(key);
  return Buffer.concat([Buffer.of(VERSION), salt, nonce, box]);
}

/** Unlocks what {@link passwordSeal} made; undefined for another passphrase, version, or changed bytes. */
export function passwordOpen(blob: Uint8Array, passphrase: string): Buffer | undefined {
  const sealed = asBuffer(blob);
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) return undefined;
  const nonce = sealed.subarray(1 + SALT_BYTES, HEADER_BYTES);
  const box = sealed.subarray(HEADER_BYTES);
  const plain = Buffer.alloc(box.length - TAG_BYTES);
  const key = stretch(passphrase, sealed.subarray(1, 1 + SALT_BYTES));
  const opened = sodium.crypto_secretbox_open_easy(plain, box, nonce, key);
  secureWipe(key);
  return opened ? plain : undefined;
}

function stretch(passphrase: string, salt: Buffer): Buffer {
  const key = Buffer.alloc(32);
  sodium.crypto_pwhash(
    key,
    Buffer.from(passphrase.normalize("NFC"), "utf8"),
    salt,
    sodium.crypto_pwhash_OPSLIMIT_INTERACTIVE,
    sodium.crypto_pwhash_MEMLIMIT_INTERACTIVE,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  );
  return key;
}
