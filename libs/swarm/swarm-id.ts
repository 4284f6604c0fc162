import { SwarmError } from "./swarm-error.ts";

/** A place on the 64-bit ring that names a swarm: 0 … 2^64−2. */
export type SwarmId = bigint & { readonly __brand: "SwarmId" };

/** The id that means "in no swarm": 2^64−1. Never the id of a swarm. */
export const UNASSIGNED: bigint = 2n ** 64n - 1n;

const MAX_ID = UNASSIGNED - 1n;

/**
 * Makes a swarm id of a number that came from outside.
 * @throws SwarmError "bad-id" for `UNASSIGNED` and for anything outside the ring.
 */
export function swarmId(value: bigint): SwarmId {
  if (value < 0n || value > MAX_ID) throw new SwarmError("bad-id", "not a swarm id: outside 0 to 2^64-2");
  return value as SwarmId;
}

/**
 * The id of the next swarm: the middle of the largest gap between neighbours on the ring, the lowest such gap when
 * several are equally large; 0 for the first swarm. Rule of oxen-core `service_node_swarm.cpp`, `get_new_swarm_id`.
 * @param ascending the ids in use, ascending, without repetition.
 */
export function newSwarmId(ascending: readonly SwarmId[]): SwarmId {
  const first = ascending[0];
  const last = ascending.at(-1);
  if (first === undefined || last === undefined) return 0n as SwarmId;
  let start: bigint = first;
  let largest = 0n;
  for (let i = 1; i < ascending.length; i++) {
    const left = ascending[i - 1] as bigint;
    const gap = (ascending[i] as bigint) - left;
    if (gap > largest) [start, largest] = [left, gap];
  }
  const aroundTheEnd = MAX_ID - last + first + 1n;
  if (aroundTheEnd > largest) [start, largest] = [last, aroundTheEnd];
  return ((start + largest / 2n) % UNASSIGNED) as SwarmId;
}
