import type { MessageHash } from "./message-hash.ts";
import type { Namespace } from "./namespace.ts";

/**
 * What clients sign, method by method (Session storage server, signature matrix): plain concatenation without
 * separators, integers in decimal, timestamps in ms. A namespace of 0 is left out.
 */

/** A namespace, or all of them where a method allows it. */
export type NamespaceOrAll = Namespace | "all";

/** `store`. */
export function signedStore(ns: Namespace, sigTimestamp: number): string {
  return `store${written(ns)}${sigTimestamp}`;
}

/** `retrieve`. */
export function signedRetrieve(ns: Namespace, timestamp: number): string {
  return `retrieve${written(ns)}${timestamp}`;
}

/** `delete`: the hashes in the order of the request. No time: such a request never goes stale. */
export function signedDelete(messages: readonly MessageHash[]): string {
  return `delete${messages.join("")}`;
}

/** `delete_all`. */
export function signedDeleteAll(ns: NamespaceOrAll, timestamp: number): string {
  return `delete_all${written(ns)}${timestamp}`;
}

/** `delete_before`. */
export function signedDeleteBefore(ns: NamespaceOrAll, before: number): string {
  return `delete_before${written(ns)}${before}`;
}

/** `expire_all`. */
export function signedExpireAll(ns: NamespaceOrAll, expiry: number): string {
  return `expire_all${written(ns)}${expiry}`;
}

/** `expire`: one expiry for all hashes or one for each, as given in the request. */
export function signedExpire(
  mode: "shorten" | "extend" | "",
  expiries: readonly number[],
  messages: readonly MessageHash[],
): string {
  return `expire${mode}${expiries.join("")}${messages.join("")}`;
}

/** `get_expiries`. */
export function signedGetExpiries(timestamp: number, messages: readonly string[]): string {
  return `get_expiries${timestamp}${messages.join("")}`;
}

/** `revoke_subaccount` and `unrevoke_subaccount`: the tokens as raw bytes, so the result is bytes. */
export function signedRevocation(
  method: "revoke_subaccount" | "unrevoke_subaccount",
  timestamp: number,
  tokens: readonly Uint8Array[],
): Buffer {
  return Buffer.concat([Buffer.from(`${method}${timestamp}`, "latin1"), ...tokens]);
}

/** `revoked_subaccounts`. */
export function signedRevokedSubaccounts(timestamp: number): string {
  return `revoked_subaccounts${timestamp}`;
}

function written(ns: NamespaceOrAll): string {
  return ns === 0 ? "" : String(ns);
}
