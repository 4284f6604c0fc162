import { keccak256 } from "@swarmpost/crypto";

const LABEL = Buffer.from("swarmpost-network-v1", "latin1");

/**
 * Names a network by what makes it one, so that nothing signed for it counts in another: Keccak-256 of
 * "swarmpost-network-v1", the EIP-155 chain id (32 bytes, big-endian) and the staking contract (20 bytes).
 */
export function networkId(chainId: bigint, contract: Uint8Array): Buffer {
  const chain = Buffer.from(chainId.toString(16).padStart(64, "0"), "hex");
  return keccak256(Buffer.concat([LABEL, chain, contract]));
}
