import {
  blake2b,
  multiplyPoint,
  multiplyScalars,
  negateScalar,
  reduceScalar,
  scalarPublicKey,
  secretScalar,
  sha512,
  signWithScalar,
  x25519PublicToEd25519,
} from "@swarmpost/crypto";
import { accountBytes } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import { parseRecipient } from "../account-id.ts";
import { ClientError } from "../client-error.ts";

// Who writes in an open group shows each server another id: its Ed25519 key times a scalar k. 15: k follows from the
// server's key alone, so an account ID gives two candidates that differ in the sign bit. 25: k follows from account ID and
// server's key, and the key's sign bit is cleared first, so there is one.

/** How an account shows itself to an open group server. */
export type Blinding = "15" | "25";

/** A blinded key pair, and the id that it stands for. */
export interface BlindedKey {
  /** 66 hex: `15` or `25` and the blinded Ed25519 key. */
  readonly id: string;
  readonly publicKey: Buffer;
  /** Signs; 64 bytes. */
  readonly sign: (message: Uint8Array) => Buffer;
}

/** An account's blinded key for a server (X25519 or Ed25519 key of it, 32 bytes, as its address gives it). */
export function blindedKey(account: Account, serverKey: Uint8Array, blinding: Blinding): BlindedKey {
  const scalar = blindedScalar(account, serverKey, blinding);
  const publicKey = scalarPublicKey(scalar);
  const seed = account.ed25519.secretKey.subarray(0, 32);
  const nonce = blinding === "15" ? nonce15(seed, publicKey) : nonce25(seed, publicKey);
  return {
    id: `${blinding}${publicKey.toString("hex")}`,
    publicKey,
    sign: (message) => signWithScalar({ scalar, publicKey }, nonce(message), message),
  };
}

/** The scalar behind a blinded key. */
export function blindedScalar(account: Account, serverKey: Uint8Array, blinding: Blinding): Buffer {
  const k = blindingScalar(account.id, serverKey, blinding);
  return multiplyScalars(k, blinding === "15" ? secretScalar(account.ed25519.secretKey) : positiveScalar(account));
}

/**
 * The blinded ids that an account may have on a server: two for 15, one for 25. Throws ClientError "bad-account-id" for
 * what is no account ID.
 */
export function blindedIds(accountId: string, serverKey: Uint8Array, blinding: Blinding): readonly string[] {
  const { id, x25519 } = parseRecipient(accountId);
  const key = multiplyPoint(blindingScalar(id, serverKey, blinding), x25519PublicToEd25519(x25519));
  if (key === undefined) throw new ClientError("bad-account-id", "this account ID holds no usable key");
  const opposite = Buffer.from(key);
  opposite.writeUInt8(opposite.readUInt8(31) ^ 0x80, 31);
  return (blinding === "15" ? [key, opposite] : [key]).map((each) => `${blinding}${each.toString("hex")}`);
}

/** Reads a blinded id. Throws ClientError "bad-blinded-id". */
export function parseBlindedId(id: string): { blinding: Blinding; key: Buffer } {
  const [, blinding, key] = /^(15|25)([0-9a-f]{64})$/.exec(id) ?? [];
  if (blinding === undefined || key === undefined) {
    throw new ClientError("bad-blinded-id", "a blinded id is 15 or 25 and 64 hex digits");
  }
  return { blinding: blinding as Blinding, key: Buffer.from(key, "hex") };
}

function blindingScalar(accountId: Account["id"], serverKey: Uint8Array, blinding: Blinding): Buffer {
  return reduceScalar(blake2b(64, blinding === "15" ? serverKey : [accountBytes(accountId), serverKey]));
}

function positiveScalar({ ed25519 }: Account): Buffer {
  const scalar = secretScalar(ed25519.secretKey);
  return (ed25519.publicKey.readUInt8(31) & 0x80) === 0 ? scalar : negateScalar(scalar);
}

/** As Session Desktop: the second half of the seed's hash, as Ed25519 itself has it. */
function nonce15(seed: Uint8Array, publicKey: Buffer): (message: Uint8Array) => Buffer {
  const prefix = sha512(seed).subarray(32);
  return (message) => sha512(Buffer.concat([prefix, publicKey, message]));
}

/** As libsession: keyed hashes. */
function nonce25(seed: Uint8Array, publicKey: Buffer): (message: Uint8Array) => Buffer {
  const prefix = blake2b(32, seed, Buffer.from("SessCommBlind25_seed"));
  return (message) => blake2b(64, [prefix, publicKey, message], Buffer.from("SessCommBlind25_sig"));
}
