import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";

const TAG = 16;

/** Bytes of a nonce. */
export const XCHACHA_NONCE_BYTES = 24;

/** XChaCha20-Poly1305 (IETF) with a nonce of 24 bytes that the caller never uses twice with a key; 16 bytes longer. */
export function xchachaSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const sealed = Buffer.alloc(plain.length + TAG);
  const [k, n] = [asBuffer(key), asBuffer(nonce)];
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, asBuffer(plain), null, null, n, k);
  return sealed;
}

/** Opens {@link xchachaSeal}; undefined when it was changed or sealed with another key or nonce. */
export function xchachaOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < TAG || nonce.length !== XCHACHA_NONCE_BYTES || key.length !== 32) return undefined;
  const plain = Buffer.alloc(sealed.length - TAG);
  const [k, n] = [asBuffer(key), asBuffer(nonce)];
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, asBuffer(sealed), null, n, k);
  } catch {
    return undefined;
  }
  return plain;
}
