import type { Stamp } from "./stamp.ts";

/** What names a message on one node. */
export interface MessageKey {
  readonly account: Buffer;
  readonly hash: Buffer;
  readonly namespace: number;
}

/** The same text for the same key. */
export function keyText({ account, hash, namespace }: MessageKey): string {
  return `${account.toString("latin1")} ${hash.toString("latin1")} ${namespace}`;
}

/** A message without its body: what nodes compare in a handoff. */
export interface MessageEntry extends MessageKey {
  readonly stamp: Stamp;
  readonly expiryMs: number;
  readonly bodySize: number;
}

/** What names a tombstone. */
export interface TombstoneKey {
  readonly account: Buffer;
  readonly hash: Buffer;
}

/** A tombstone as nodes exchange it; `deletion` is the id of the account's signed request. */
export interface TombstoneEntry extends TombstoneKey {
  readonly stamp: Stamp;
  readonly expiryMs: number;
  readonly deletion: Buffer;
}
