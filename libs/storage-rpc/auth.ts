import { ed25519PublicToX25519, equal, verify } from "@swarmpost/crypto";
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
 * Reads `signature`, `pubkey_ed25519`, `subaccount` and `subaccount_sig`; undefined when there is no signature.
 *
 * @throws RpcError 400 for malformed ones, half a subaccount, and `pubkey_ed25519` with a netid other than 05.
 */
export function parseAuth(fields: Fields, account: AccountId): Auth | undefined {
  const pubkeyEd25519 = fields.ed25519Key("pubkey_ed25519");
  const signature = fields.signature("signature");
  const subaccount = parseSubaccount(fields);
  if (pubkeyEd25519 && accountNetid(account) !== SESSION_NETID) {
    throw invalidRequest("pubkey_ed25519 is only permitted for 05[...] pubkeys");
  }
  if (!signature) return undefined;
  return { signature, ...(pubkeyEd25519 && { pubkeyEd25519 }), ...(subaccount && { subaccount }) };
}

/** {@link parseAuth} where nothing goes without a signature. @throws RpcError 400 also when there is none. */
export function parseRequiredAuth(fields: Fields, account: AccountId): Auth {
  const auth = parseAuth(fields, account);
  if (!auth) throw invalidRequest("Required field 'signature' missing");
  return auth;
}

/** Sum of the ACCESS_ flags of a subaccount's token; the account itself has all. */
export function tokenAccess({ subaccount }: Auth): number {
  return subaccount === undefined ? 0xff : subaccount.token.readUInt8(1);
}

function parseSubaccount(fields: Fields): Subaccount | undefined {
  const token = fields.subaccountToken("subaccount");
  const signature = fields.signature("subaccount_sig");
  if (!token && !signature) return undefined;
  if (!token) throw invalidRequest("Required field 'subaccount' missing");
  if (!signature) throw invalidRequest("Required field 'subaccount_sig' missing");
  return { token, signature };
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
