import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { Address, PublicClient } from "viem";
import { openChain } from "./chain-client.ts";
import { onChain } from "./chain-failure.ts";
import { StakingError } from "./errors.ts";
import { serviceNodeRegistryAbi } from "./gen/abi.ts";
import type { StakingParameters } from "./parameters.ts";
import { tokenBalance } from "./token.ts";

/** A staking contract and an endpoint of its chain. */
export interface StakingTarget {
  readonly rpcUrl: string;
  readonly contract: Address;
}

/** What a staking contract says about itself. */
export interface StakingFacts extends StakingParameters {
  readonly chainId: number;
  readonly token: Address;
  /** Block of its deployment: no event is older. */
  readonly deployedAt: bigint;
}

/** One registration that holds stake. Its signature is only in the event; the contract has not checked it. */
export interface StakedNode {
  readonly id: bigint;
  readonly nodeKey: Pubkey;
  readonly operator: Address;
  readonly registeredAt: bigint;
  /** Block of the request to unlock; 0 when there was none. */
  readonly unlockRequestedAt: bigint;
  readonly stake: bigint;
}

/**
 * Reads the parameters of a staking contract.
 * @throws StakingError `no-contract` when the address holds no code, `unreachable` when the endpoint fails.
 */
export async function readStakingFacts(target: StakingTarget): Promise<StakingFacts> {
  return await onChain("reading the staking contract", () => stakingFacts(openChain(target.rpcUrl), target.contract));
}

/** As `readStakingFacts`, over a client of the caller, whose errors pass unchanged. */
export async function stakingFacts(client: PublicClient, contract: Address): Promise<StakingFacts> {
  const code = await client.getCode({ address: contract });
  if (code === undefined || code === "0x") throw new StakingError("no-contract", "the address holds no contract");
  const registry = { abi: serviceNodeRegistryAbi, address: contract } as const;
  const [chainId, token, stakingRequirement, unlockDelay, finality, deployedAt] = await Promise.all([
    client.getChainId(),
    client.readContract({ ...registry, functionName: "token" }),
    client.readContract({ ...registry, functionName: "stakingRequirement" }),
    client.readContract({ ...registry, functionName: "unlockDelayBlocks" }),
    client.readContract({ ...registry, functionName: "finalityBlocks" }),
    client.readContract({ ...registry, functionName: "deployedAt" }),
  ]);
  const numbers = { unlockDelayBlocks: Number(unlockDelay), finalityBlocks: Number(finality) };
  return { chainId, token, stakingRequirement, deployedAt, ...numbers };
}

/**
 * All registrations that hold stake, ascending by id, as of one block.
 * @throws StakingError `unreachable` when the endpoint fails.
 */
export async function readStakedNodes(target: StakingTarget, pageSize = 500): Promise<StakedNode[]> {
  return await onChain("reading the node list", async () => {
    const client = openChain(target.rpcUrl);
    const at = { blockNumber: await client.getBlockNumber() };
    const registry = { abi: serviceNodeRegistryAbi, address: target.contract, ...at } as const;
    const count = Number(await client.readContract({ ...registry, functionName: "nodeCount" }));
    const nodes: StakedNode[] = [];
    for (let offset = 0; offset < count; offset += pageSize) {
      const args = [BigInt(offset), BigInt(pageSize)] as const;
      const page = await client.readContract({ ...registry, functionName: "nodes", args });
      nodes.push(...page.map((node) => ({ ...node, nodeKey: pubkey(node.nodeKey.slice(2)) })));
    }
    return nodes.sort((a, b) => (a.id < b.id ? -1 : 1));
  });
}

/**
 * Sum of all stakes and the contract's token balance, in atomic units.
 * @throws StakingError `unreachable` when the endpoint fails.
 */
export async function readHoldings(target: StakingTarget): Promise<{ totalStaked: bigint; balance: bigint }> {
  return await onChain("reading the holdings", async () => {
    const client = openChain(target.rpcUrl);
    const registry = { abi: serviceNodeRegistryAbi, address: target.contract } as const;
    const token = await client.readContract({ ...registry, functionName: "token" });
    const [totalStaked, balance] = await Promise.all([
      client.readContract({ ...registry, functionName: "totalStaked" }),
      tokenBalance(client, token, target.contract),
    ]);
    return { totalStaked, balance };
  });
}

/** Number of the newest block. @throws StakingError `unreachable` when the endpoint fails */
export async function readHeight(rpcUrl: string): Promise<bigint> {
  return await onChain("reading the height", () => openChain(rpcUrl).getBlockNumber());
}
