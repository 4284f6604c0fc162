import type { Hex, StakingEvent } from "@swarmpost/staking";
import { ChainWatcherError } from "./errors.ts";
import type { EvmEndpoint } from "./evm-endpoint.ts";
import { type Cursor, requireSameSource, type SourceIdentity } from "./source-identity.ts";

/** What is known of the chain before a step. */
export interface Known {
  readonly identity: SourceIdentity;
  readonly cursor: Cursor;
  /** Events read so far, valid or not. */
  readonly eventCount: number;
}

/** What one step along the chain found. */
export interface Advance {
  /** The new last final block; the old one when nothing became final. */
  readonly cursor: Cursor;
  /** Events after the old cursor up to the new one, in the order of the chain. */
  readonly events: readonly StakingEvent[];
  /** Newest block of the endpoint, final or not. */
  readonly head: bigint;
  /** True when more final blocks wait to be read. */
  readonly more: boolean;
}

/** Identity and first cursor of a source that was never read: block 0 is always final. */
export async function firstContact(endpoint: EvmEndpoint): Promise<{ identity: SourceIdentity; cursor: Cursor }> {
  const identity = await endpoint.identity();
  await endpoint.contractFacts(); // a chain without the contract is not the one to follow for good
  return { identity, cursor: { height: 0n, hash: identity.genesis } };
}

/**
 * Reads the next final blocks of the staking contract's chain: at most `rangeBlocks` of them, none younger than the
 * contract's own finality allows.
 * @throws ChainWatcherError `diverged`, `behind`, `inconsistent` or `unreachable`; nothing of the step counts then.
 */
export async function readNextBlocks(endpoint: EvmEndpoint, known: Known, rangeBlocks: number): Promise<Advance> {
  requireSameSource(known.identity, await endpoint.identity());
  const [head] = await Promise.all([endpoint.head(), requireStillThere(endpoint, known.cursor)]);
  const { finalityBlocks, deployedAt } = await endpoint.contractFacts();
  const final = head - finalityBlocks;
  const from = known.cursor.height + 1n;
  if (final < from || final < deployedAt) return { cursor: known.cursor, events: [], head, more: false };

  const first = from > deployedAt ? from : deployedAt;
  const last = min(final, first + BigInt(rangeBlocks) - 1n);
  const hash = await hashOf(endpoint, last);
  const events = await endpoint.events(first, last);
  await requireConsistent(endpoint, { height: last, hash }, events);
  if (last === final) await requireComplete(endpoint, last, known.eventCount + events.length);
  return { cursor: { height: last, hash }, events, head, more: last < final };
}

/** A final block that is another one now means that the chain went back further than finality allows. */
async function requireStillThere(endpoint: EvmEndpoint, cursor: Cursor): Promise<void> {
  const hash = await endpoint.blockHash(cursor.height);
  if (hash === undefined) {
    throw new ChainWatcherError("behind", "an endpoint does not have the last final block (yet, or any more)");
  }
  if (hash !== cursor.hash) {
    throw new ChainWatcherError("diverged", `the chain replaced its final block ${cursor.height}`);
  }
}

/** The events must be of the blocks that the same endpoint has, before and after they were read. */
async function requireConsistent(endpoint: EvmEndpoint, last: Cursor, events: readonly StakingEvent[]): Promise<void> {
  const claimed = new Map<bigint, Hex>(events.map((event) => [event.height, event.blockHash]));
  claimed.set(last.height, last.hash);
  for (const event of events) {
    if (claimed.get(event.height) !== event.blockHash) throw inconsistent("events of two versions of a block");
  }
  await Promise.all(
    [...claimed].map(async ([height, hash]) => {
      if ((await endpoint.blockHash(height)) !== hash) throw inconsistent("events of a block that it does not have");
    }),
  );
}

/** The contract counts its events: an endpoint whose log index lags behind its blocks leaves some out. */
async function requireComplete(endpoint: EvmEndpoint, height: bigint, read: number): Promise<void> {
  const emitted = await endpoint.eventCount(height);
  if (emitted !== undefined && emitted !== read) throw inconsistent("fewer or more events than the contract counts");
}

async function hashOf(endpoint: EvmEndpoint, height: bigint): Promise<Hex> {
  const hash = await endpoint.blockHash(height);
  if (hash === undefined) throw inconsistent("no block at a height below its head");
  return hash;
}

function inconsistent(what: string): ChainWatcherError {
  return new ChainWatcherError("inconsistent", `an endpoint told ${what}`);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
