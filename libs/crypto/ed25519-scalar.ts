import sodium from "sodium-native";
import { asBuffer } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { sha512 } from "./hash.ts";

// Arithmetic below Ed25519 signatures, for keys that are multiples of others (blinded ids, subaccounts). Scalars and points
// are 32 bytes, little-endian. Points are multiplied by libsodium; it has no product of two scalars for us, so that one
// is made with big integers: its time depends a little on the secret, which matters to whoever can time a client.

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const PRIME = 2n ** 255n - 19n;

/** The scalar that an Ed25519 secret key (64 bytes: seed, public key) signs with, reduced. */
export function secretScalar(secretKey: Uint8Array): Buffer {
  if (secretKey.length !== 64) throw new CryptoError("bad-key", "an Ed25519 secret key has 64 bytes");
  const hash = sha512(secretKey.subarray(0, 32)).subarray(0, 32);
  hash.writeUInt8(hash.readUInt8(0) & 248, 0);
  hash.writeUInt8((hash.readUInt8(31) & 127) | 64, 31);
  return toScalar(toNumber(hash));
}

/** A hash of 64 bytes as a scalar. */
export function reduceScalar(hash: Uint8Array): Buffer {
  if (hash.length !== 64) throw new CryptoError("bad-input", "a scalar is made of 64 bytes");
  return toScalar(toNumber(hash));
}

/** The product of two scalars. */
export function multiplyScalars(a: Uint8Array, b: Uint8Array): Buffer {
  return toScalar(toNumber(a) * toNumber(b));
}

/** The scalar of the opposite point. */
export function negateScalar(scalar: Uint8Array): Buffer {
  return toScalar(ORDER - (toNumber(scalar) % ORDER));
}

/** The public key of a scalar. @throws CryptoError `bad-key` for zero. */
export function scalarPublicKey(scalar: Uint8Array): Buffer {
  const point = Buffer.alloc(32);
  try {
    sodium.crypto_scalarmult_ed25519_base_noclamp(point, asBuffer(scalar));
  } catch (cause) {
    throw new CryptoError("bad-key", "not a usable scalar", { cause });
  }
  return point;
}

/** A point times a scalar; undefined when it is no point of the main subgroup, or the scalar is zero. */
export function multiplyPoint(scalar: Uint8Array, point: Uint8Array): Buffer | undefined {
  if (point.length !== 32) return undefined;
  const product = Buffer.alloc(32);
  try {
    sodium.crypto_scalarmult_ed25519_noclamp(product, asBuffer(scalar), asBuffer(point));
  } catch {
    return undefined;
  }
  return product;
}

/**
 * The Ed25519 point of an X25519 public key whose sign bit is 0: one of the two that it may come from (XEd25519).
 * @throws CryptoError `bad-key` when the key has another length.
 */
export function x25519PublicToEd25519(x25519: Uint8Array): Buffer {
  if (x25519.length !== 32) throw new CryptoError("bad-key", "an X25519 key has 32 bytes");
  const u = toNumber(x25519) & ((1n << 255n) - 1n);
  return toBytes(((u - 1n + PRIME) * power((u + 1n) % PRIME, PRIME - 2n)) % PRIME);
}

/**
 * An Ed25519 signature (64 bytes) by a scalar; `publicKey` is its point. `nonceHash` is 64 bytes that depend on a secret,
 * the key and the message: the same ones for two messages give the key away.
 */
export function signWithScalar(
  key: { readonly scalar: Uint8Array; readonly publicKey: Uint8Array },
  nonceHash: Uint8Array,
  message: Uint8Array,
): Buffer {
  const nonce = reduceScalar(nonceHash);
  const point = scalarPublicKey(nonce);
  const challenge = reduceScalar(sha512(Buffer.concat([point, key.publicKey, message])));
  return Buffer.concat([point, toScalar(toNumber(nonce) + toNumber(challenge) * toNumber(key.scalar))]);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`);
}

function toScalar(value: bigint): Buffer {
  return toBytes(value % ORDER);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex").toReversed());
}
