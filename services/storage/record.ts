import type { ChangeRequest } from "@swarmpost/storage-rpc";
import type { Stamp } from "./stamp.ts";

/** Milliseconds of one body partition. */
export const DAY_MS = 86_400_000;

/** What proves that the account's owner stored a message in an authenticated namespace; kept for every later holder. */
export interface StoreAuth {
  /** Ed25519 signature, 64 bytes. */
  readonly signature: Buffer;
  readonly signatureTimestampMs: number;
  /** The account's Ed25519 key (only for accounts that are X25519 keys), 32 bytes. */
  readonly ed25519: Buffer | undefined;
  /** Token of 36 bytes and the master's signature over it, 64 bytes. */
  readonly subaccount: { readonly token: Buffer; readonly signature: Buffer } | undefined;
}

/** A message as members exchange it. */
export interface StoreRecord {
  readonly kind: "store";
  /** 33 bytes: network prefix and key. */
  readonly account: Buffer;
  readonly namespace: number;
  /** BLAKE2b-256 as in Session storage server 2.11, 32 bytes; never on the wire, always computed. */
  readonly hash: Buffer;
  readonly timestampMs: number;
  readonly expiryMs: number;
  readonly stamp: Stamp;
  readonly auth: StoreAuth | undefined;
  readonly data: Buffer;
}

/** The account's own signed request to delete, as members exchange it. */
export interface DeleteRecord {
  readonly kind: "delete";
  readonly account: Buffer;
  /** Hashes of 32 bytes in the order of the request, without repetition. */
  readonly hashes: readonly Buffer[];
  readonly stamp: Stamp;
  /** UTF-8 JSON `{"method","params"}` as the client sent it: what every member verifies again. */
  readonly request: Buffer;
}

/** The account's own signed request to revoke tokens of subaccounts, or to put them in force again. */
export interface RevocationRecord {
  readonly kind: "revocation";
  readonly account: Buffer;
  readonly change: "revoke" | "unrevoke";
  /** Tokens of 36 bytes in the order of the request, without repetition. */
  readonly tokens: readonly Buffer[];
  readonly stamp: Stamp;
  /** UTF-8 JSON `{"method","params"}`: what every member verifies again. */
  readonly request: Buffer;
}

/** The account's own signed request to change expiries or to delete in bulk, as members exchange it. */
export interface ChangeRecord {
  readonly kind: "change";
  readonly account: Buffer;
  readonly stamp: Stamp;
  readonly change: ChangeRequest;
  /** UTF-8 JSON `{"method","params"}`: what every member verifies again. */
  readonly request: Buffer;
}

/** What travels in a replica frame. */
export type ReplicaRecord = StoreRecord | DeleteRecord | ChangeRecord | RevocationRecord;

/** Whether an entry node brings the request of a client for the first time, or again with a later stamp. */
export type Attempt = "first" | "again";

/** The day (UTC, since the epoch) whose partition holds a body that expires at `expiryMs`. */
export function bodyDay(expiryMs: number): number {
  return Math.floor(expiryMs / DAY_MS);
}
