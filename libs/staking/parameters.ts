/** The numbers of a network, fixed for good in its staking contract. */
export interface StakingParameters {
  /** Stake of a node in atomic units of the token. */
  readonly stakingRequirement: bigint;
  /** Blocks between the request to unlock and the earliest exit. */
  readonly unlockDelayBlocks: number;
  /** Blocks that must follow a block before any reader acts on it; the same for every cluster. */
  readonly finalityBlocks: number;
}

/**
 * Defaults of a new network. Stake and unlock wait are Oxen's: 15,000 tokens and 15 days, which are 10,800 blocks of
 * 120 s (`src/network_config/mainnet.h`); so is the reorg buffer of 11 blocks (`service_node_rules.h`).
 */
export const stakingParameters: StakingParameters = {
  stakingRequirement: 15_000n * 10n ** 18n,
  unlockDelayBlocks: 10_800,
  finalityBlocks: 11,
};
