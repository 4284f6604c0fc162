import type { Pubkey } from "@swarmpost/crypto";
import type { SwarmId } from "./swarm-id.ts";

/** The members of one swarm. */
export interface SwarmMembers {
  /** Ascending by key bytes. */
  readonly members: readonly Pubkey[];
  /** Height of the block in which the set of members last changed. */
  readonly changedHeight: bigint;
}

/** The swarm map after a block: who is in which swarm. Never changed once made. */
export interface SwarmState {
  /** Height of the block that last changed the map; 0 for the empty map. */
  readonly height: bigint;
  /** Hash of that block, 32 bytes; empty for the empty map. */
  readonly blockHash: Buffer;
  /** In ascending order of id. */
  readonly swarms: ReadonlyMap<SwarmId, SwarmMembers>;
}

/** The map before the first node registered. */
export const emptySwarmState: SwarmState = Object.freeze({ height: 0n, blockHash: Buffer.alloc(0), swarms: new Map() });
