import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { type ConvertKey, STORE_TOLERANCE_MS } from "@swarmpost/storage-rpc";
import type { AccountRepairs } from "./account-repairs.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Executor } from "./executor.ts";
import { type Fence, readFence } from "./fence.ts";
import type { NodeView } from "./node-view.ts";
import { encodeOutcome } from "./outcome-codec.ts";
import type { ReplicaRecord } from "./record.ts";
import { lacksSome } from "./change-result.ts";
import { decodeRecord } from "./record-codec.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { MAP_WAIT_MS, REFUSAL } from "./replica-kinds.ts";
import { STAMP_TOLERANCE_MS } from "./stamp.ts";
import { clampExpiry, recordFault } from "./verify-record.ts";

/** Set in a frame that was missed and is sent again: its stamp may be old. */
export const LATE = 1;
/** Set in a frame that brings the same request of a client with a later stamp. */
export const AGAIN = 2;

/** How long ago a live message may have expired: an entry node takes it that late, and its clock may be behind ours. */
const EXPIRED_TOLERANCE_MS = STORE_TOLERANCE_MS + STAMP_TOLERANCE_MS;

/** What the member side of replication needs. */
export interface ReplicateParts {
  readonly view: NodeView;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly convert: ConvertKey;
  readonly repairs: Pick<AccountRepairs, "lacks">;
}

/** Takes a frame from a member of the same swarm: checks the map, the sender and the record, commits, signs. */
export function replicateMethod(parts: ReplicateParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    const flags = reader.u8();
    const isLate = (flags & LATE) !== 0;
    const fence = readFence(reader);
    const decoded = decodeRecord(reader);
    reader.end();
    const record = decoded.kind === "store" ? clampExpiry(decoded) : decoded;
    checkRecord(parts, peer, record, isLate);
    checkExpiry(record, parts.clock.now() - (isLate ? 0 : EXPIRED_TOLERANCE_MS));
    // Nothing waits between the last look at the map and the commit queue, so a barrier taken after a map change covers it.
    if (!mapAgrees(parts.view, fence, record)) await parts.view.until(() => caughtUp(parts.view, fence), MAP_WAIT_MS);
    checkMap(parts.view, fence, record);
    checkSender(parts.view, peer);
    const outcome = await parts.executor.run(record, (flags & AGAIN) === 0 ? "first" : "again");
    if (outcome.kind === "changed" && lacksSome(record, outcome)) parts.repairs.lacks(peer, record.account);
    return encodeOutcome(outcome);
  };
}

function checkRecord(parts: ReplicateParts, peer: Pubkey, record: ReplicaRecord, late: boolean): void {
  const now = parts.clock.now();
  const ownStamp = record.stamp.node.equals(pubkeyBytes(peer));
  const tooOld = !late && record.stamp.ms < now - STAMP_TOLERANCE_MS;
  const fault = ownStamp && !tooOld ? recordFault(record, now, parts.convert) : "bad-stamp";
  // Our own clock may be the wrong one: what is too early now can be sent again.
  if (fault === "future-stamp") throw new LinkRefusal(REFUSAL.tooEarly, fault);
  if (fault !== undefined) throw new LinkRefusal(REFUSAL.invalid, fault);
}

/** A message that ended before `earliestMs` is nothing that a client can have stored just now. */
function checkExpiry(record: ReplicaRecord, earliestMs: number): void {
  if (record.kind === "store" && record.expiryMs <= earliestMs) throw new LinkRefusal(REFUSAL.invalid, "expired");
}

function mapAgrees(view: NodeView, fence: Fence, record: ReplicaRecord): boolean {
  const own = view.ownSwarm;
  return own?.id === fence.swarmId && own.changedHeight === fence.changedHeight && view.keeps(record.account);
}

function caughtUp(view: NodeView, fence: Fence): boolean {
  return view.current.map.height >= fence.mapHeight;
}

/** Refuses unless sender and receiver mean the same swarm with the same members. */
function checkMap(view: NodeView, fence: Fence, record: ReplicaRecord): void {
  if (mapAgrees(view, fence, record)) return;
  if (!caughtUp(view, fence)) throw new LinkRefusal(REFUSAL.tooEarly, "map is behind");
  if (view.current.map.height > fence.mapHeight) throw new LinkRefusal(REFUSAL.staleMap, "map is stale");
  throw new LinkRefusal(REFUSAL.stranger, "not of this swarm");
}

function checkSender(view: NodeView, peer: Pubkey): void {
  if (!view.mates.includes(peer)) throw new LinkRefusal(REFUSAL.stranger, "not of this swarm");
}
