import { RpcError } from "./rpc-error.ts";

/**
 * An account (Session) ID: 66 lower-case hex digits, the netid byte and a 32-byte key. With netid 05 the key is X25519;
 * with any other (03 for groups) it is itself the Ed25519 key that verifies requests.
 */
export type AccountId = string & { readonly __brand: "AccountId" };

/** The netid of Session accounts, whose key is X25519. */
export const SESSION_NETID = 0x05;

const SHAPE = /^[0-9a-f]{66}$/;

/** Parses 66 hex digits in either case, or 33 bytes; undefined for any other shape. */
export function parseAccountId(value: string | Uint8Array): AccountId | undefined {
  const hex = typeof value === "string" ? value.toLowerCase() : Buffer.from(value).toString("hex");
  return SHAPE.test(hex) ? (hex as AccountId) : undefined;
}

/**
 * Brands an account ID at the edge.
 *
 * @throws RpcError 400 with upstream's text when the shape is wrong.
 */
export function accountId(value: string | Uint8Array): AccountId {
  const parsed = parseAccountId(value);
  if (!parsed) throw new RpcError(400, "invalid request: Pubkey must be 66 hex digits (33 bytes) long");
  return parsed;
}

/** The 33 bytes: netid and key. */
export function accountBytes(account: AccountId): Buffer {
  return Buffer.from(account, "hex");
}

/** The 32 key bytes, which also place the account on the swarm ring. */
export function accountKey(account: AccountId): Buffer {
  return Buffer.from(account.slice(2), "hex");
}

/** The netid, 0 to 255. */
export function accountNetid(account: AccountId): number {
  return Number.parseInt(account.slice(0, 2), 16);
}
