import { errorFields, type Logger, sleep } from "@swarmpost/runtime";
import type { ChainState } from "./chain-state.ts";
import { callChain } from "./json-rpc.ts";

/** How blocks are made. */
export interface BlockMakerOptions {
  /** JSON-RPC of an anvil that makes no block by itself. */
  readonly url: string;
  /** Milliseconds between two blocks while nothing is sent. */
  readonly blockMs: number;
  /** Blocks that must follow one before it counts: they follow one with transactions at once. */
  readonly finalityBlocks: number;
}

/** How often the pool of transactions is looked at. */
const LOOK_MS = 100;
/** A chain that grows takes longer to keep: idle blocks come so seldom that at most a twentieth of the time goes there. */
const IDLE_SHARE = 20;

/**
 * Makes the blocks of a development chain: with transactions as soon as there are some, empty ones in between. A block is
 * made only when the chain up to the one before it is on disk. So a block that others may act on (one at least must follow
 * it) is never lost, and after any end, SIGKILL too, the chain goes on from there with the same hashes.
 */
export class BlockMaker {
  readonly #options: BlockMakerOptions;
  readonly #state: ChainState;
  readonly #logger: Logger;
  #keptHeight = -1;
  #keepMs = 0;
  #following = 0;
  #lastBlockMs = performance.now();
  #problem: string | undefined;

  constructor(options: BlockMakerOptions, parts: { readonly state: ChainState; readonly logger: Logger }) {
    this.#options = options;
    this.#state = parts.state;
    this.#logger = parts.logger;
  }

  /** Why no blocks are made, or undefined. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** Works until the signal is aborted, and keeps the chain once more then. Rejects when anvil does not answer any more. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if ((await this.#keep()) && (await this.#isDue())) await this.#mine();
      await sleep(LOOK_MS, signal).catch(() => undefined); // aborted: the loop sees it
    }
    await this.#keep();
  }

  /** False when the chain could not be kept: then no block may follow. */
  async #keep(): Promise<boolean> {
    const { url } = this.#options;
    const height = Number(await callChain<string>(url, "eth_blockNumber"));
    if (height === this.#keptHeight) return true;
    const startedMs = performance.now();
    const dump = Buffer.from((await callChain<string>(url, "anvil_dumpState")).slice(2), "hex");
    try {
      await this.#state.keep(dump);
    } catch (error) {
      if (this.#problem === undefined) this.#logger.error("chain_not_kept", errorFields(error));
      this.#problem = "its state can't be written";
      return false;
    }
    this.#problem = undefined;
    this.#keptHeight = height;
    this.#keepMs = performance.now() - startedMs;
    return true;
  }

  async #isDue(): Promise<boolean> {
    const pool = await callChain<{ pending: string }>(this.#options.url, "txpool_status");
    if (Number(pool.pending) > 0) {
      this.#following = this.#options.finalityBlocks;
      return true;
    }
    if (this.#following > 0) return this.#following-- > 0;
    const idleMs = Math.max(this.#options.blockMs, this.#keepMs * IDLE_SHARE);
    return performance.now() - this.#lastBlockMs >= idleMs;
  }

  async #mine(): Promise<void> {
    await callChain(this.#options.url, "evm_mine");
    this.#lastBlockMs = performance.now();
  }
}
