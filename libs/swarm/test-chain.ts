import { blake2b, type Pubkey, pubkey } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { applyBlock, type SwarmBlock } from "./apply-block.ts";
import type { SwarmParameters } from "./parameters.ts";
import { emptySwarmState, type SwarmState } from "./swarm-state.ts";

/** A made-up node key for tests; keys of ascending numbers are in no order. */
export function testNode(number: number): Pubkey {
  return pubkey(blake2b(32, Buffer.from(`node ${number}`)));
}

/** Made-up keys of the nodes numbered from `first`. */
export function testNodes(count: number, first = 0): Pubkey[] {
  return Array.from({ length: count }, (_, index) => testNode(first + index));
}

/** A made-up block; its hash follows from its height and `salt`. */
export function testBlock(height: number, joined: Pubkey[], left: Pubkey[] = [], salt = ""): SwarmBlock {
  return { height: BigInt(height), hash: blake2b(32, Buffer.from(`block ${height} ${salt}`)), joined, left };
}

/** What happens in one block of a random chain: how many join, which of those present leave, which of these return. */
export interface TestEvents {
  readonly joins: number;
  readonly leaves: readonly number[];
  readonly returns: boolean;
}

/** Random chains: growth, loss, mass events and returns. */
export const testChains: fc.Arbitrary<TestEvents[]> = fc.array(
  fc.record({
    joins: fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(40) }),
    leaves: fc.oneof(
      { weight: 4, arbitrary: fc.array(fc.nat(), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array(fc.nat(), { maxLength: 40 }) },
    ),
    returns: fc.boolean(),
  }),
  { maxLength: 40, size: "max" },
);

/** Turns random events into blocks that fit together. */
export function blocksOf(events: readonly TestEvents[], salt = ""): SwarmBlock[] {
  let present: Pubkey[] = [];
  let made = 0;
  return events.map(({ joins, leaves, returns }, index) => {
    const left = [
      ...new Set(leaves.map((pick) => present[pick % present.length]).filter((node) => node !== undefined)),
    ];
    const joined = [...testNodes(joins, made), ...(returns ? left.slice(0, 1) : [])];
    made += joins;
    present = [...present.filter((node) => !left.includes(node)), ...joined];
    return testBlock(index + 1, joined, left, salt);
  });
}

/** The states after each block. */
export function statesOf(blocks: readonly SwarmBlock[], parameters?: SwarmParameters): SwarmState[] {
  let state = emptySwarmState;
  return blocks.map((block) => {
    state = applyBlock(state, block, parameters);
    return state;
  });
}

/** Sizes of the swarms, ascending. */
export function sizesOf(state: SwarmState): number[] {
  return [...state.swarms.values()].map(({ members }) => members.length).sort((a, b) => a - b);
}
