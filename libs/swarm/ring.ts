import { SwarmError } from "./swarm-error.ts";
import type { SwarmId } from "./swarm-id.ts";

const RING = 2n ** 64n;

/**
 * Where an account lies on the ring: the four big-endian 64-bit words of its key, XORed.
 * Rule of Session storage server 2.8, `pubkey_to_swarm_space`.
 * @param key the 32 bytes of the account's key, without the network prefix byte.
 */
export function accountSpace(key: Uint8Array): bigint {
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return words.getBigUint64(0) ^ words.getBigUint64(8) ^ words.getBigUint64(16) ^ words.getBigUint64(24);
}

/**
 * The swarm that is responsible for a place on the ring: the nearest id, the left one when two are equally near.
 * Rule of Session storage server 2.8, `get_swarm_by_pk`.
 * @param ascending ids of all swarms, ascending.
 * @returns undefined when there is no swarm.
 */
export function responsibleSwarm(ascending: readonly SwarmId[], space: bigint): SwarmId | undefined {
  const index = firstAtOrAbove(ascending, space);
  const right = ascending[index] ?? ascending[0];
  const left = ascending[index - 1] ?? ascending.at(-1);
  if (right === undefined || left === undefined) return undefined;
  return clockwise(space, right) < clockwise(left, space) ? right : left;
}

/** The arc of the ring that one swarm is responsible for: above `above`, up to and with `upTo`, around the end. */
export interface SwarmRange {
  readonly above: bigint;
  readonly upTo: bigint;
}

/**
 * The arc of a swarm; a lone swarm has the whole ring, given as `above` = `upTo`.
 * Rule of Session storage server 2.11, `swarm_id_to_swarm_space`.
 * @throws SwarmError "bad-id" when the id is not in the list.
 */
export function swarmRange(ascending: readonly SwarmId[], id: SwarmId): SwarmRange {
  const index = firstAtOrAbove(ascending, id);
  if (ascending[index] !== id) throw new SwarmError("bad-id", "the swarm is not on the ring");
  const left = ascending[index - 1] ?? ascending.at(-1) ?? id;
  const right = ascending[index + 1] ?? ascending[0] ?? id;
  const gapLeft = clockwise(left, id) || RING;
  const gapRight = clockwise(id, right) || RING;
  return {
    above: BigInt.asUintN(64, id - (gapLeft + 1n) / 2n),
    upTo: BigInt.asUintN(64, id + gapRight / 2n),
  };
}

function clockwise(from: bigint, to: bigint): bigint {
  return BigInt.asUintN(64, to - from);
}

function firstAtOrAbove(ascending: readonly bigint[], value: bigint): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as bigint) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
