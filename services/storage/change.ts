import { blake2b } from "@swarmpost/crypto";
import {
  appliedExpiry,
  type ChangeRequest,
  type ExpireEffect,
  expireMode,
  maxTtlMs,
  messageHashBytes,
  namespace,
  PRIVATE_MAX_TTL_MS,
} from "@swarmpost/storage-rpc";
import { compareStamps, STAMP_TOLERANCE_MS, type Stamp } from "./stamp.ts";

/** What a change does to the expiry of a message; "delete" removes it. */
export type ChangeMode = ExpireEffect | "delete";

/** What one signed request does to one message, or to all of a namespace; a `delete` of one message is of mode "delete" too. */
export interface Effect {
  readonly mode: ChangeMode;
  /** The expiry, ms; of a deletion the latest timestamp that it hits. */
  readonly valueMs: number;
  /** 32 bytes; undefined when it is about every message of the namespace. */
  readonly hash: Buffer | undefined;
  /** Only that namespace; undefined: whichever. */
  readonly namespace: number | undefined;
}

/** An effect with its place in the order of all changes. */
export interface Change extends Effect {
  readonly stamp: Stamp;
  /** Of the request, 32 bytes; orders changes of one stamp. */
  readonly id: Buffer;
}

/** What a change can bear on. */
export interface Target {
  readonly hash: Buffer;
  readonly namespace: number;
  readonly timestampMs?: number;
}

/** Identity of a signed request, however often it arrives. */
export function requestId(request: Uint8Array): Buffer {
  return blake2b(32, request);
}

/** How long after its stamp a message ends at the latest. */
const LONGEST_MS = PRIVATE_MAX_TTL_MS + STAMP_TOLERANCE_MS;

/** Of a deletion that hits whatever the sender wrote as its time. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;

/** What a request does when it counts from `stamp`: each message once. */
export function effectsOf(request: ChangeRequest, stamp: Stamp): Effect[] {
  if (request.method === "expire") return expireEffects(request, stamp);
  const bulk = { hash: undefined, namespace: request.namespace === "all" ? undefined : request.namespace };
  switch (request.method) {
    case "expire_all":
      // No message ends later than this: what shortens to a time beyond it shortens nothing.
      return [{ ...bulk, mode: "shorten", valueMs: Math.min(request.expiry, stamp.ms + LONGEST_MS) }];
    case "delete_all":
      return [{ ...bulk, mode: "delete", valueMs: ANY_TIME }];
    case "delete_before":
      return [{ ...bulk, mode: "delete", valueMs: request.before }];
  }
}

function expireEffects(request: Extract<ChangeRequest, { method: "expire" }>, stamp: Stamp): Effect[] {
  const { messages, expiries } = request;
  const mode = expireMode(request);
  const asked = new Map(messages.map((message, i) => [message, expiries[i] ?? expiries[0] ?? 0]));
  return [...asked].flatMap(([message, expiry]): Effect[] => {
    const hash = messageHashBytes(message);
    return hash === undefined ? [] : [{ mode, valueMs: appliedExpiry(expiry, stamp.ms), hash, namespace: undefined }];
  });
}

/** Negative when `a` counts before `b`. */
export function compareChanges(a: Change, b: Change): number {
  return compareStamps(a.stamp, b.stamp) || Buffer.compare(a.id, b.id);
}

/** Whether a change is about a message. */
export function bears(change: Change, target: Target): boolean {
  if (change.hash !== undefined) return change.hash.equals(target.hash);
  if (change.namespace !== undefined && change.namespace !== target.namespace) return false;
  // Without the time of its sender it is not known whether `delete_before` hits it.
  return change.mode !== "delete" || (target.timestampMs ?? ANY_TIME) <= change.valueMs;
}

/** Extensions of less than this part of what is left to live are not worth a write (2.11). */
const TRIVIAL = 0.01;

/** What may give a message a later end than its namespace allows. */
export const RAISING: ReadonlySet<ChangeMode> = new Set(["set", "extend", "raise"]);

/** What is known of the end of an earlier copy from the changes alone. */
interface Bounds {
  /** Until when changes prolonged it; 0 when none did. */
  readonly least: number;
  readonly most: number;
}

const UNKNOWN: Bounds = { least: 0, most: Number.POSITIVE_INFINITY };

/**
 * What shortens says nothing of how long the copy lives: only `set`, `extend` and `raise` give it a life. An end that is passed ends it
 * only when it surely lived no longer: that a copy was prolonged to some moment says nothing of what it was stored with.
 */
function narrowed({ least, most }: Bounds, { mode, valueMs, stamp }: Change): Bounds {
  if (most <= stamp.ms) return { least, most };
  switch (mode) {
    case "set":
      return { least: valueMs, most: valueMs };
    case "extend":
    case "raise":
      return { least: Math.max(least, valueMs), most: Math.max(most, valueMs) };
    case "shorten":
      return { least: Math.min(least, valueMs), most: Math.min(most, valueMs) };
    case "delete":
      return { least: 0, most: 0 };
  }
}

/**
 * When a message ends that was stored at `stamp` to end at `expiryMs`, after the changes that bear on it, in their order: the
 * same at every member, whatever the order in which stores and changes came there. What has ended stays so: nothing but a
 * later store brings it back. Storing again does not shorten: what an earlier copy was prolonged to, whether it ever came
 * here or not, holds for the later one, unless it was deleted or ended in between.
 *
 * @param changes in the order of {@link compareChanges}.
 */
export function expiryAfter(expiryMs: number, stamp: Stamp, changes: readonly Change[]): number {
  const isEarlier = (change: Change) => compareStamps(change.stamp, stamp) < 0;
  const { least } = changes.filter(isEarlier).reduce(narrowed, UNKNOWN);
  const prolonged = least > stamp.ms ? Math.max(expiryMs, least) : expiryMs;
  return changes.filter((change) => !isEarlier(change)).reduce(changed, prolonged);
}

function changed(endMs: number, { mode, valueMs, stamp }: Change): number {
  if (endMs <= stamp.ms) return endMs;
  switch (mode) {
    case "set":
      return valueMs;
    case "extend":
      return valueMs - endMs >= Math.max(1, (endMs - stamp.ms) * TRIVIAL) ? valueMs : endMs;
    case "raise":
      return Math.max(endMs, valueMs);
    case "shorten":
      return Math.min(endMs, valueMs);
    case "delete":
      return 0;
  }
}

/**
 * The latest deletion that a message of this stamp does not survive; undefined when it does.
 *
 * @param changes those that bear on it, in the order of {@link compareChanges}.
 */
export function lastDeletion(stamp: Stamp, changes: readonly Change[]): Change | undefined {
  return changes.findLast((change) => change.mode === "delete" && compareStamps(change.stamp, stamp) >= 0);
}

/** Whether a deletion asks for the time that the sender wrote, which can be another one in another copy of the same bytes. */
export function isSelective(deletion: Change): boolean {
  return deletion.hash === undefined && deletion.valueMs < ANY_TIME;
}

/**
 * What a selective deletion that hit one copy of a message is for all its copies: else one with another time, that another
 * member holds, would bring back here what was deleted.
 */
export function deletionOfAllCopies(deletion: Change, hash: Buffer): Change {
  return { ...deletion, hash, namespace: undefined, valueMs: ANY_TIME };
}

/**
 * The latest end that another node may claim for a message: what its namespace allows from its stamp, or what the account
 * itself has asked for since.
 */
export function latestExpiry(message: { stamp: Stamp; namespace: number }, changes: readonly Change[]): number {
  const stored = message.stamp.ms + maxTtlMs(namespace(message.namespace)) + STAMP_TOLERANCE_MS;
  const raises = changes.filter(({ mode }) => RAISING.has(mode)).map(({ valueMs }) => valueMs);
  return Math.max(stored, ...raises);
}
