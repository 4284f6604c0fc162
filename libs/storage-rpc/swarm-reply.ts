import type { Pubkey } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { HARD_FORK } from "./limits.ts";
import type { MessageHash } from "./message-hash.ts";

/** A member that did not do its part; `code` is text, as upstream writes it. */
export type FailedEntry =
  | { failed: true; timeout: true }
  | { failed: true; code: string; reason: string }
  | { failed: true; bad_peer_response: true }
  | { failed: true; query_failure: true; reason?: string };

/** A member's part of a `store`. */
export interface StoreEntry {
  hash: MessageHash;
  signature: string;
  expiry: number;
  /** The member had the message before. */
  already?: true;
  /** Only in the entry of the answering node, ms. */
  t?: number;
}

/** A member's part of a `delete`. */
export interface DeleteEntry {
  deleted: MessageHash[];
  signature: string;
}

/** A member's part of a `revoke_subaccount` or, with the number of tokens that were revoked before, `unrevoke_subaccount`. */
export interface RevocationEntry {
  signature: string;
  count?: number;
}

/** Body of every reply in which the whole swarm took part. */
export interface SwarmReply<Entry> {
  swarm: Record<Pubkey, Entry | FailedEntry>;
  t: number;
  hf: readonly [number, number];
}

/** Shapes a member's entry of a `store`; `signature` is the member's over `nodeSignedStore`. */
export function storeEntry(hash: MessageHash, signature: Uint8Array, expiry: number, already: boolean): StoreEntry {
  return { hash, signature: encodeBase64(signature), expiry, ...(already && { already: true }) };
}

/** Shapes a member's entry of a `delete`; `signature` is the member's over `nodeSignedDelete`. */
export function deleteEntry(deleted: readonly MessageHash[], signature: Uint8Array): DeleteEntry {
  return { deleted: [...deleted].sort(), signature: encodeBase64(signature) };
}

/** The entry of a member that refused with a status. */
export function refusedEntry(status: number, reason: string): FailedEntry {
  return { failed: true, code: String(status), reason };
}

/** Shapes a `store` reply; the answering node's own entry also carries the time, and the hash is repeated at the top. */
export function storeReply(
  entries: ReadonlyMap<Pubkey, StoreEntry | FailedEntry>,
  own: Pubkey,
  hash: MessageHash,
  nowMs: number,
): SwarmReply<StoreEntry> & { hash: MessageHash } {
  const reply = { hash, ...swarmReply(entries, nowMs) };
  const entry = reply.swarm[own];
  if (entry && "hash" in entry) reply.swarm[own] = { ...entry, t: nowMs };
  return reply;
}

/** Shapes a `delete` reply: 404 with the same body when something had to be deleted and nothing was, anywhere. */
export function deleteReply(
  entries: ReadonlyMap<Pubkey, DeleteEntry | FailedEntry>,
  required: boolean,
  nowMs: number,
): { status: 200 | 404; body: SwarmReply<DeleteEntry> } {
  const deletedAny = [...entries.values()].some((entry) => "deleted" in entry && entry.deleted.length > 0);
  return { status: required && !deletedAny ? 404 : 200, body: swarmReply(entries, nowMs) };
}

/** Shapes the reply of any method in which the whole swarm took part. */
export function swarmReply<Entry>(entries: ReadonlyMap<Pubkey, Entry | FailedEntry>, nowMs: number): SwarmReply<Entry> {
  return { swarm: Object.fromEntries(entries) as Record<Pubkey, Entry | FailedEntry>, t: nowMs, hf: HARD_FORK };
}
