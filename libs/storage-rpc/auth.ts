import { ed25519PublicToX25519, equal, verify } from "@swarmpost/crypto";
import { decodeBase64, hexToBytes } from "@swarmpost/encoding";
import { type AccountId, accountKey, accountNetid, SESSION_NETID } from "./account-id.ts";
import type { Fields } from "./fields.ts";
import { invalidRequest, RpcError } from "./rpc-error.ts";

/** May read. A flag of a subaccount token. */
export const ACCESS_READ = 1;
/** May store. */
export const ACCESS_WRITE = 2;
/** May delete and shorten. */
export const ACCESS_DELETE = 4;
/** The token is good for accounts of any netid. */
export const ACCESS_ANY_PREFIX = 8;

/** A member's right to act for an account: netid, flags, two zero bytes, Ed25519 key; signed by the account's key. */
export interface Subaccount {
  /** 36 bytes. */
  token: Buffer;
  /** 64 bytes, the account's signature over the token. */
  signature: Buffer;
}

/** The proof of a signed request, as raw bytes: whoever gets a copy of the request verifies it again. */
export interface Auth {
  /** 64 bytes. */
  signature: Buffer;
  /** 32 bytes; only with netid 05, whose own key can't verify. */
  pubkeyEd25519?: Buffer;
  subaccount?: Subaccount;
}

/** Turns an Ed25519 key into an X25519 one; `ConvertedKeys` remembers answers, since the conversion is dear. */
export type ConvertKey = (ed25519: Buffer) => Buffer | undefined;

/**
 * Reads `signature`, `pubkey_ed25519`, `subaccount` and `subaccount_sig`; undefined when there is no signature, whatever else
 * there is.
 *
 * @throws RpcError 400 for malformed ones, a subaccount without its signature, and `pubkey_ed25519` with a netid other than
 *   05.
 */
export function parseAuth(fields: Fields, account: AccountId): Auth | undefined {
  return fields.has("signature") ? parseRequiredAuth(fields, account) : undefined;
}

/** {@link parseAuth} where nothing goes without a signature. @throws RpcError 400 also when there is none. */
export function parseRequiredAuth(fields: Fields, account: AccountId): Auth {
  const signature = fields.required("signature", (name) => fields.string(name));
  const pubkeyEd25519 = parseEd25519(fields, account);
  const auth = { signature: readSignature(signature, "signature"), ...(pubkeyEd25519 && { pubkeyEd25519 }) };
  const subaccount = parseSubaccount(fields);
  return subaccount ? { ...auth, subaccount } : auth;
}

/** 64 hex digits of the key of a Session account, in either case. */
function parseEd25519(fields: Fields, account: AccountId): Buffer | undefined {
  const text = fields.string("pubkey_ed25519");
  if (text === undefined) return undefined;
  if (accountNetid(account) !== SESSION_NETID) {
    throw invalidRequest("pubkey_ed25519 is only permitted for 05[...] pubkeys");
  }
  if (text.length !== 64) throw invalidRequest("Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey");
  const key = hexToBytes(text, 32);
  if (!key) throw invalidRequest("invalid pubkey_ed25519: value is not hex");
  return key;
}

/** Base64 of exactly 64 bytes, with or without padding. */
function readSignature(text: string, what: string): Buffer {
  const bytes = decodeBase64(text);
  if (bytes?.length !== 64) throw invalidRequest(`invalid ${what}: expected base64 encoded Ed25519 signature`);
  return bytes;
}

/** Base64 (48 characters) or hex (72) of a 36-byte subaccount token. @param refused the text of the 400 for anything else. */
export function readToken(text: string, refused: string): Buffer {
  const bytes = text.length === 72 ? hexToBytes(text, 36) : decodeBase64(text);
  if (bytes?.length !== 36) throw invalidRequest(refused);
  return bytes;
}

/** Sum of the ACCESS_ flags of a subaccount's token; the account itself has all. */
export function tokenAccess({ subaccount }: Auth): number {
  return subaccount === undefined ? 0xff : subaccount.token.readUInt8(1);
}

function parseSubaccount(fields: Fields): Subaccount | undefined {
  const text = fields.string("subaccount");
  const signature = fields.string("subaccount_sig");
  if (text === undefined || text === "") return undefined;
  if (signature === undefined) {
    throw invalidRequest("invalid subaccount: subaccount_sig is required when using subaccount");
  }
  const token = readToken(text, "invalid subaccount: expected base64 or hex-encoded subaccount token");
  return { token, signature: readSignature(signature, "subaccount signature") };
}

/**
 * Whether `auth` proves that `account`, or a subaccount with all of `access`, signed `message`. Revocation is not looked
 * at: the storage service asks that first.
 *
 * @param access sum of ACCESS_ flags; asked of subaccounts only, the account itself may do everything.
 */
export function verifySignature(
  account: AccountId,
  auth: Auth,
  access: number,
  message: string | Uint8Array,
  convert: ConvertKey = ed25519PublicToX25519,
): boolean {
  const master = masterKey(account, auth.pubkeyEd25519, convert);
  if (!master) return false;
  const bytes = typeof message === "string" ? Buffer.from(message, "utf8") : message;
  if (!auth.subaccount) return verify(auth.signature, bytes, master);
  const { token, signature } = auth.subaccount;
  return (
    tokenAllows(token, account, access) &&
    verify(signature, token, master) &&
    verify(auth.signature, bytes, token.subarray(4))
  );
}

function masterKey(account: AccountId, pubkeyEd25519: Buffer | undefined, convert: ConvertKey): Buffer | undefined {
  const key = accountKey(account);
  if (!pubkeyEd25519) return key;
  if (accountNetid(account) !== SESSION_NETID) return undefined;
  const converted = convert(pubkeyEd25519);
  return converted && equal(converted, key) ? pubkeyEd25519 : undefined;
}

function tokenAllows(token: Buffer, account: AccountId, access: number): boolean {
  if (token.length !== 36) return false;
  const flags = token.readUInt8(1);
  if ((flags & access) !== access) return false;
  return (flags & ACCESS_ANY_PREFIX) !== 0 || token.readUInt8(0) === accountNetid(account);
}

/** The 401 of every failed verification. */
export function verificationFailed(method: string): RpcError {
  return new RpcError(401, `${method} signature verification failed`);
}
