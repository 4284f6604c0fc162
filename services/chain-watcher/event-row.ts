import { pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { assertNever } from "@swarmpost/runtime";
import type { StakingEvent } from "@swarmpost/staking";
import { bytesToHex, getAddress, hexToBytes } from "viem";
import type { JudgedEvent } from "./registry-state.ts";

/** A row of `chain_event`. Columns that a kind of event does not have are zero or empty. */
export interface EventRow {
  readonly height: bigint;
  readonly log_index: number;
  readonly block_hash: Buffer;
  readonly kind: StakingEvent["kind"];
  readonly registration_id: bigint;
  readonly node_key: Buffer;
  readonly operator: Buffer;
  /** Decimal: Postgres' `numeric`. */
  readonly stake: string;
  readonly signature: Buffer;
  readonly unlocks_at: bigint;
  readonly valid: boolean;
}

/** The row that keeps an event. */
export function toEventRow({ event, valid }: JudgedEvent): EventRow {
  return {
    height: event.height,
    log_index: event.logIndex,
    block_hash: Buffer.from(hexToBytes(event.blockHash)),
    kind: event.kind,
    registration_id: event.id,
    node_key: pubkeyBytes(event.nodeKey),
    operator: Buffer.from(hexToBytes(event.operator)),
    stake: event.kind === "unlock-requested" ? "0" : event.stake.toString(),
    signature: event.kind === "registered" ? event.signature : Buffer.alloc(0),
    unlocks_at: event.kind === "unlock-requested" ? event.unlocksAt : 0n,
    valid,
  };
}

/** The event that a row keeps. */
export function fromEventRow(row: EventRow): JudgedEvent {
  const place = {
    height: row.height,
    blockHash: bytesToHex(row.block_hash),
    logIndex: row.log_index,
    id: row.registration_id,
    nodeKey: pubkey(row.node_key),
    operator: getAddress(bytesToHex(row.operator)),
  };
  const stake = BigInt(row.stake);
  switch (row.kind) {
    case "registered":
      return { event: { ...place, kind: row.kind, stake, signature: row.signature }, valid: row.valid };
    case "unlock-requested":
      return { event: { ...place, kind: row.kind, unlocksAt: row.unlocks_at }, valid: row.valid };
    case "exited":
      return { event: { ...place, kind: row.kind, stake }, valid: row.valid };
    default:
      return assertNever(row.kind);
  }
}
