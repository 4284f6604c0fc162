import { backoff, errorFields, type Runtime, sleep } from "@swarmpost/runtime";
import { type Address, deployStaking, developmentKey, readStakingFacts, StakingError } from "@swarmpost/staking";
import { AnvilProcess } from "./anvil-process.ts";
import { BlockMaker } from "./block-maker.ts";
import type { ChainConfig } from "./chain-config.ts";
import { ChainState } from "./chain-state.ts";
import { developmentContract, developmentToken } from "./development-contract.ts";
import { ReleaseError } from "./errors.ts";
import { callChain } from "./json-rpc.ts";

const AGAIN = { minMs: 500, maxMs: 10_000 } as const;

/**
 * Runs a development chain with the staking contract on it, and keeps it in a folder. Ready once the contract is there.
 * @throws ReleaseError `chain` when anvil can't run or the contract is not where it must be
 */
export async function createChain(config: ChainConfig, runtime: Runtime): Promise<AsyncDisposable> {
  const chain = new DevelopmentChain(config, runtime);
  await chain.start();
  return chain;
}

/** An anvil, its blocks, and what is done when it ends. */
class DevelopmentChain implements AsyncDisposable {
  readonly #config: ChainConfig;
  readonly #runtime: Runtime;
  readonly #state: ChainState;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #running: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(config: ChainConfig, runtime: Runtime) {
    this.#config = config;
    this.#runtime = runtime;
    this.#state = new ChainState(config.CHAIN_STATE_DIR);
    this.#signal = AbortSignal.any([runtime.signal, this.#stop.signal]);
  }

  /** Resolves when the contract is there; what follows goes on by itself. */
  async start(): Promise<void> {
    this.#runtime.health.check("chain", () => this.#problem);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const first = this.#once(resolve);
    await Promise.race([ready, first]); // what ends the first run before it was ready ends the start
    this.#running = first.catch((error: unknown) => this.#again(error));
  }

  /** From the start of anvil to its end. Rejects unless the service is to stop. */
  async #once(onReady: () => void): Promise<void> {
    const { CHAIN_FINALITY_BLOCKS: finalityBlocks, CHAIN_BLOCK_MS: blockMs } = this.#config;
    await using anvil = await this.#startAnvil();
    const options = { url: anvil.url, blockMs, finalityBlocks };
    const maker = new BlockMaker(options, { state: this.#state, logger: this.#runtime.logger });
    const making = maker.run(this.#signal);
    const ready = provideContract(anvil.url, this.#config).then(() => {
      this.#problem = undefined;
      this.#runtime.health.check("state", () => maker.problem());
      onReady();
    });
    ready.catch(() => undefined); // told below, unless the blocks failed first
    await Promise.race([making, ready.then(() => making)]);
  }

  async #startAnvil(): Promise<AnvilProcess> {
    const { ANVIL: program, CHAIN_HOST: host, CHAIN_PORT: port, CHAIN_ID: chainId } = this.#config;
    const stateFile = await this.#state.unpack();
    try {
      return await AnvilProcess.start({ program, host, port, chainId, stateFile }, this.#signal);
    } finally {
      await this.#state.forget();
    }
  }

  /** Anvil ended, or did not answer: it begins again from what was kept, for as long as that takes. */
  async #again(error: unknown): Promise<void> {
    let cause = error;
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      this.#problem = "anvil ended";
      this.#runtime.logger.error("chain_ended", { ...errorFields(cause), attempt });
      await sleep(backoff(attempt, AGAIN), this.#signal).catch(() => undefined);
      if (this.#signal.aborted) return;
      cause = await this.#once(() => (attempt = 0)).catch((next: unknown) => next);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Token and contract are the first two transactions of account 0, so that every such chain has them in the same place. */
async function provideContract(rpcUrl: string, config: ChainConfig): Promise<void> {
  try {
    await readStakingFacts({ rpcUrl, contract: developmentContract });
    return;
  } catch (error) {
    if (!(error instanceof StakingError && error.code === "no-contract")) throw error;
  }
  const made = await deployStaking({
    rpcUrl,
    deployerKey: developmentKey(0),
    ...(await keptToken(rpcUrl)),
    parameters: {
      finalityBlocks: config.CHAIN_FINALITY_BLOCKS,
      unlockDelayBlocks: config.CHAIN_UNLOCK_DELAY_BLOCKS,
    },
  });
  if (made.contract.toLowerCase() === developmentContract.toLowerCase()) return;
  throw new ReleaseError(
    "chain",
    "the chain in the state folder was used for something else: it has no place for the contract",
  );
}

/** The token, when an earlier start got that far. */
async function keptToken(rpcUrl: string): Promise<{ token?: Address }> {
  const code = await callChain<string>(rpcUrl, "eth_getCode", [developmentToken, "latest"]);
  return code === "0x" ? {} : { token: developmentToken };
}
