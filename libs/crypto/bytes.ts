import { timingSafeEqual } from "node:crypto";
import sodium from "sodium-native";

/** The same memory as a Buffer: sodium-native takes nothing else. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** `count` bytes from the system's generator. */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  if (count > 0) sodium.randombytes_buf(bytes);
  return bytes;
}

/** Compares in a time that depends on the lengths only; different lengths are unequal. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Overwrites a secret in place; the compiler can't optimise it away. */
export function secureWipe(buffer: Uint8Array): void {
  if (buffer.length > 0) sodium.sodium_memzero(asBuffer(buffer));
}
