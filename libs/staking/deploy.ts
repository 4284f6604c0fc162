import { type Address, encodeDeployData, type Hex } from "viem";
import { openChain } from "./chain-client.ts";
import { onChain } from "./chain-failure.ts";
import { StakingError } from "./errors.ts";
import { serviceNodeRegistryAbi, swarmpostTokenAbi } from "./gen/abi.ts";
import registryArtifact from "./gen/ServiceNodeRegistry.json" with { type: "json" };
import tokenArtifact from "./gen/SwarmpostToken.json" with { type: "json" };
import { type StakingParameters, stakingParameters } from "./parameters.ts";
import { TransactionSender } from "./transaction-sender.ts";

/** Where and how a network's staking contract is made. */
export interface DeployOptions {
  readonly rpcUrl: string;
  /** Pays for the deployment and owns the development token. */
  readonly deployerKey: Hex;
  /** Overrides of the default `stakingParameters`. */
  readonly parameters?: Partial<StakingParameters>;
  /** An ERC-20 that exists already; without it a development token is deployed, which the deployer may mint. */
  readonly token?: Address;
}

/** A staking contract on its chain. */
export interface StakingDeployment {
  /** EIP-155 chain id. */
  readonly chainId: number;
  readonly contract: Address;
  readonly token: Address;
  /** Block that holds the contract's creation. */
  readonly height: bigint;
}

/**
 * Deploys the staking contract, and its token when none is given.
 * @throws StakingError `reverted` for impossible parameters, `unreachable` when the endpoint fails.
 */
export async function deployStaking(options: DeployOptions): Promise<StakingDeployment> {
  return await onChain("deploying the staking contract", async () => {
    const parameters = { ...stakingParameters, ...options.parameters };
    const sender = await TransactionSender.open(openChain(options.rpcUrl), options.deployerKey);
    const token = options.token ?? (await create(sender, tokenDeployment(sender.address))).contract;
    const { contract, height } = await create(sender, registryDeployment(token, parameters));
    return { chainId: sender.chainId, contract, token, height };
  });
}

async function create(sender: TransactionSender, data: Hex): Promise<{ contract: Address; height: bigint }> {
  const receipt = await sender.send({ data });
  if (!receipt.contractAddress) throw new StakingError("no-contract", "the deployment made no contract");
  return { contract: receipt.contractAddress, height: receipt.blockNumber };
}

function tokenDeployment(owner: Address): Hex {
  return encodeDeployData({ abi: swarmpostTokenAbi, bytecode: tokenArtifact.bytecode as Hex, args: [owner] });
}

function registryDeployment(token: Address, parameters: StakingParameters): Hex {
  const args = {
    token,
    stakingRequirement: parameters.stakingRequirement,
    unlockDelayBlocks: BigInt(parameters.unlockDelayBlocks),
    finalityBlocks: BigInt(parameters.finalityBlocks),
  };
  const bytecode = registryArtifact.bytecode as Hex;
  return encodeDeployData({ abi: serviceNodeRegistryAbi, bytecode, args: [args] });
}
