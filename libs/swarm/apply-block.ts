import type { Pubkey } from "@swarmpost/crypto";
import { Mt19937_64 } from "./mt19937-64.ts";
import { checkParameters, type SwarmParameters, swarmParameters } from "./parameters.ts";
import { Seating } from "./seating.ts";
import { SwarmError } from "./swarm-error.ts";
import type { SwarmId } from "./swarm-id.ts";
import type { SwarmMembers, SwarmState } from "./swarm-state.ts";

/** What one block did to the set of active nodes. */
export interface SwarmBlock {
  readonly height: bigint;
  /** 32 bytes; the first 8, little-endian, seed the randomness. */
  readonly hash: Uint8Array;
  /** Nodes that are active from this block on, in any order. One that is also in `left` left and came back. */
  readonly joined: readonly Pubkey[];
  /** Nodes that left. Those that are in no swarm are passed over. */
  readonly left: readonly Pubkey[];
}

/**
 * The map after a block. The same state and block give the same map everywhere (design sections 5.3 and 6): leavers
 * out, joiners in, starving swarms fed or dissolved, new swarms made.
 * @returns the given state itself when the block changed nothing.
 * @throws SwarmError "out-of-order", "bad-block" or "bad-parameters"
 */
export function applyBlock(state: SwarmState, block: SwarmBlock, parameters = swarmParameters): SwarmState {
  checkParameters(parameters);
  if (block.hash.length !== 32) throw new SwarmError("bad-block", "a block hash has 32 bytes");
  if (block.height <= state.height) throw new SwarmError("out-of-order", "the block is not above the swarm map");
  const swarms = withChanges(state, seat(state, block, parameters), block.height);
  if (swarms === undefined) return state;
  return Object.freeze({ height: block.height, blockHash: Buffer.from(block.hash), swarms });
}

function seat(state: SwarmState, block: SwarmBlock, parameters: SwarmParameters): Seating {
  const rng = new Mt19937_64(Buffer.from(block.hash).readBigUInt64LE(0));
  const seating = new Seating(parameters, { state, rng });
  for (const node of block.left) seating.remove(node);
  seating.place(new Set(block.joined.filter((node) => !seating.has(node))));
  seating.feedTheStarving();
  seating.create();
  return seating;
}

/** The swarms after the block, those with the same members as before unchanged; undefined when all are. */
function withChanges(
  before: SwarmState,
  seating: Seating,
  height: bigint,
): ReadonlyMap<SwarmId, SwarmMembers> | undefined {
  const after = new Map<SwarmId, SwarmMembers>();
  let changed = false;
  for (const { id, members } of seating.occupied()) {
    const old = before.swarms.get(id);
    const same = old !== undefined && old.members.join() === members.join();
    after.set(id, same ? old : Object.freeze({ members: Object.freeze([...members]), changedHeight: height }));
    changed ||= !same;
  }
  return changed || after.size !== before.swarms.size ? after : undefined;
}
