import type { Address, Hex } from "@swarmpost/staking";
import { ChainWatcherError } from "./errors.ts";

/** Which chain and contract a registry comes from. Fixed by the first block ever read. */
export interface SourceIdentity {
  /** EIP-155 chain id. */
  readonly chainId: bigint;
  /** Hash of block 0. */
  readonly genesis: Hex;
  readonly contract: Address;
}

/** A block up to which everything is known. */
export interface Cursor {
  readonly height: bigint;
  readonly hash: Hex;
}

/** @throws ChainWatcherError `diverged` when `found` is not the source followed so far. */
export function requireSameSource(known: SourceIdentity, found: SourceIdentity): void {
  const different = (what: string) =>
    new ChainWatcherError("diverged", `the ${what} is not the one that was followed so far`);
  if (known.contract.toLowerCase() !== found.contract.toLowerCase()) throw different("staking contract");
  if (known.chainId !== found.chainId) throw different("chain id");
  if (known.genesis !== found.genesis) throw different("chain's genesis block");
}
