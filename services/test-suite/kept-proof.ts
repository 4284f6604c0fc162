import type { SignedProof, UptimeProof } from "@swarmpost/proof";

/** A proof that passed every check. */
export interface KeptProof {
  readonly signed: SignedProof;
  /** What it says. */
  readonly proof: UptimeProof;
  /** When it was accepted, unix ms, our clock. */
  readonly receivedMs: number;
  /** When proofs of this node with a changed contact were accepted within the hour before it, itself included. */
  readonly changesMs: readonly number[];
}

/** How old a proof may be when it is sent: a minute less than anybody would accept. */
const SENDABLE_MS = 240_000;

/** Whether others could still accept a proof of this time (unix seconds). */
export function sendable(proof: Pick<UptimeProof, "time">, nowMs: number): boolean {
  return Math.abs(nowMs - Number(proof.time) * 1_000) <= SENDABLE_MS;
}
