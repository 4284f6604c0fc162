import { encodeBase64 } from "@swarmpost/encoding";
import type { MessageHash } from "./message-hash.ts";
import type { NamespaceOrAll } from "./signed-strings.ts";

/** A message that a change hit, in its namespace. */
export interface Hit {
  readonly hash: MessageHash;
  readonly namespace: number;
}

/** Hashes, sorted; with "all" as namespace by namespace, in ascending order. */
export type Listed = MessageHash[] | Record<string, MessageHash[]>;

/** A member's part of an `expire`. */
export interface ExpireEntry {
  updated: MessageHash[];
  /** ms; one, or one for each hash of `updated`. */
  expiry: number | number[];
  /** Messages that were found and stay as they are, with their expiry: only when the change could go one way only. */
  unchanged?: Record<MessageHash, number>;
  signature: string;
}

/** Lists what a bulk change hit as the reply to a request about this namespace, or all, has it. */
export function listed(hits: readonly Hit[], namespace: NamespaceOrAll): Listed {
  if (namespace !== "all") return hits.map(({ hash }) => hash).sort();
  const byNamespace = Map.groupBy(hits, (hit) => hit.namespace);
  const sorted = [...byNamespace].sort(([a], [b]) => a - b);
  return Object.fromEntries(sorted.map(([ns, some]) => [String(ns), some.map(({ hash }) => hash).sort()]));
}

/** Shapes a member's entry of a `delete_all` or `delete_before`; the signature is the member's over `nodeSignedBulk`. */
export function bulkDeleteEntry(deleted: Listed, signature: Uint8Array): { deleted: Listed; signature: string } {
  return { deleted, signature: encodeBase64(signature) };
}

/** Shapes a member's entry of an `expire_all`; the signature is the member's over `nodeSignedBulk`. */
export function expireAllEntry(updated: Listed, signature: Uint8Array): { updated: Listed; signature: string } {
  return { updated, signature: encodeBase64(signature) };
}

/** What one member did for an `expire`. */
export interface ExpireResult {
  /** The expiry of each message that was changed, ms. */
  readonly updated: ReadonlyMap<MessageHash, number>;
  /** Found and left as they are; undefined when the change could go both ways. */
  readonly unchanged: ReadonlyMap<MessageHash, number> | undefined;
  /** What came into force of the request's one expiry, ms; undefined when it named one for each message. */
  readonly applied: number | undefined;
}

/** The expiries that an `expire` entry names and its member signs: one, or those of the updated messages in their order. */
export function expiriesOf({ updated, applied }: ExpireResult): number[] {
  if (applied !== undefined) return [applied];
  return [...updated].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, expiry]) => expiry);
}

/** Shapes a member's entry of an `expire`; the signature is the member's over `nodeSignedExpire`. */
export function expireEntry(result: ExpireResult, signature: Uint8Array): ExpireEntry {
  const { updated, unchanged, applied } = result;
  return {
    updated: [...updated.keys()].sort(),
    expiry: applied ?? expiriesOf(result),
    ...(unchanged && { unchanged: Object.fromEntries(unchanged) as Record<MessageHash, number> }),
    signature: encodeBase64(signature),
  };
}

/** `get_expiries`: what messages end when; those that are not here are left out. Nothing else is in it. */
export function expiriesReply(found: ReadonlyMap<MessageHash, number>): { expiries: Record<MessageHash, number> } {
  return { expiries: Object.fromEntries(found) as Record<MessageHash, number> };
}
