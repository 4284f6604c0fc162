import {
  type Address,
  decodeStakingEvents,
  type Hex,
  serviceNodeRegistryAbi,
  StakingError,
  type StakingEvent,
  stakingFacts,
} from "@swarmpost/staking";
import { BlockNotFoundError, createPublicClient, http, type PublicClient } from "viem";
import { ChainWatcherError } from "./errors.ts";
import type { SourceIdentity } from "./source-identity.ts";

/** The parameters of the contract that a reader needs. */
export interface ContractFacts {
  readonly finalityBlocks: bigint;
  /** Block of the contract's deployment. */
  readonly deployedAt: bigint;
}

/** One JSON-RPC endpoint. Every failure is a ChainWatcherError; nothing is tried again here. */
export class EvmEndpoint {
  readonly #client: PublicClient;
  readonly #contract: Address;
  #identity: SourceIdentity | undefined;
  #facts: ContractFacts | undefined;

  constructor(options: { url: string; contract: Address; timeoutMs: number }) {
    const transport = http(options.url, { batch: true, retryCount: 0, timeout: options.timeoutMs });
    this.#client = createPublicClient({ transport, cacheTime: 0 });
    this.#contract = options.contract;
  }

  /** Makes the next step ask who answers: after a failure it may be another server at the same URL. */
  forget(): void {
    this.#identity = undefined;
    this.#facts = undefined;
  }

  /** Which chain answers here. */
  async identity(): Promise<SourceIdentity> {
    this.#identity ??= await this.#ask(async () => {
      const [chainId, genesis] = await Promise.all([
        this.#client.getChainId(),
        this.#client.getBlock({ blockNumber: 0n }),
      ]);
      return { chainId: BigInt(chainId), genesis: genesis.hash, contract: this.#contract };
    });
    return this.#identity;
  }

  /** The contract's parameters. Fails while the chain has no such contract. */
  async contractFacts(): Promise<ContractFacts> {
    this.#facts ??= await this.#ask(async () => {
      const { finalityBlocks, deployedAt } = await stakingFacts(this.#client, this.#contract);
      return { finalityBlocks: BigInt(finalityBlocks), deployedAt };
    });
    return this.#facts;
  }

  /** Height of the newest block. */
  async head(): Promise<bigint> {
    return await this.#ask(() => this.#client.getBlockNumber());
  }

  /** Hash of the block at a height; undefined when the endpoint has no such block. */
  async blockHash(height: bigint): Promise<Hex | undefined> {
    return await this.#ask(async () => {
      try {
        return (await this.#client.getBlock({ blockNumber: height })).hash;
      } catch (error) {
        if (error instanceof BlockNotFoundError) return undefined;
        throw error;
      }
    });
  }

  /** The contract's events in a range of blocks, both ends included, in the order of the chain. */
  async events(from: bigint, to: bigint): Promise<StakingEvent[]> {
    const range = { address: this.#contract, fromBlock: from, toBlock: to };
    return await this.#ask(async () => decodeStakingEvents(await this.#client.getLogs(range)));
  }

  /** How many events the contract had emitted by a block; undefined when the endpoint kept no state of that block. */
  async eventCount(height: bigint): Promise<number | undefined> {
    const registry = { abi: serviceNodeRegistryAbi, address: this.#contract } as const;
    try {
      return Number(await this.#client.readContract({ ...registry, functionName: "eventCount", blockNumber: height }));
    } catch {
      return undefined; // pruned, or restarted from a dump: then the events stand unchecked, as on most archives
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (cause) {
      if (cause instanceof ChainWatcherError) throw cause;
      const missing = cause instanceof StakingError && cause.code === "no-contract";
      const text = missing
        ? "the chain has no staking contract at the configured address"
        : "an endpoint gave no answer";
      throw new ChainWatcherError("unreachable", text, { cause });
    }
  }
}
