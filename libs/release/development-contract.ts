import type { Address } from "@swarmpost/staking";

/** The token of every development chain of ours: what account 0 makes with its first transaction (nonce 0). */
export const developmentToken: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

/**
 * The staking contract of every development chain of ours: what account 0 makes with its second transaction (nonce 1). The
 * chart has the same constant.
 */
export const developmentContract: Address = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";
