import type { AccountId } from "./account-id.ts";
import type { MessageHash } from "./message-hash.ts";

/**
 * What each swarm member signs in its entry of a reply (Session storage server, signature matrix). Lists of hashes that
 * were acted on are sorted by their characters; hashes of the request keep its order.
 */

/** `store`: the hash alone. */
export function nodeSignedStore(hash: MessageHash): string {
  return hash;
}

/** `delete`. */
export function nodeSignedDelete(
  account: AccountId,
  requested: readonly MessageHash[],
  deleted: readonly MessageHash[],
): string {
  return account + requested.join("") + sorted(deleted).join("");
}

/** `delete_all`, `delete_before` and `expire_all`: `time` is the request's timestamp, `before` or `expiry`. */
export function nodeSignedBulk(account: AccountId, time: number, affected: readonly MessageHash[]): string {
  return account + time + sorted(affected).join("");
}

/** `expire`: `applied` are the expiries in force, one or one for each hash; `unchanged` maps hashes to their expiry. */
export function nodeSignedExpire(
  account: AccountId,
  applied: readonly number[],
  requested: readonly MessageHash[],
  updated: readonly MessageHash[],
  unchanged: ReadonlyMap<MessageHash, number>,
): string {
  const kept = sorted([...unchanged.keys()]).map((hash) => `${hash}${unchanged.get(hash)}`);
  return [account, ...applied, ...requested, ...sorted(updated), ...kept].join("");
}

/** `revoke_subaccount` and `unrevoke_subaccount`. */
export function nodeSignedRevocation(account: AccountId, timestamp: number, tokens: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(`${account}${timestamp}`, "latin1"), ...tokens]);
}

function sorted(hashes: readonly MessageHash[]): MessageHash[] {
  return [...hashes].sort();
}
