import { emptySwarmState, type SwarmState } from "@swarmpost/swarm";

/** Which chain and contract a map was made from. */
export interface ChainIdentity {
  /** EIP-155 chain id. */
  readonly chainId: bigint;
  /** 20 bytes. */
  readonly contract: Buffer;
}

/** The map in force and the one that it replaced. */
export interface MapHistory {
  readonly current: SwarmState;
  /** Undefined while the current one is the first. */
  readonly previous: SwarmState | undefined;
}

/** Before the first block. */
export const noHistory: MapHistory = { current: emptySwarmState, previous: undefined };
