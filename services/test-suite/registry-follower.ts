import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { networkId } from "@swarmpost/proof";
import type { ChainService, Registry } from "@swarmpost/protos";
import type { Client } from "@swarmpost/rpc";
import { backoff, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import type { TestSuiteMetrics } from "./metrics.ts";

const RETRY = { minMs: 200, maxMs: 5_000 } as const;
const DEADLINE_MS = 5_000;

/** Follows who is a node: asks chain-watcher at intervals and when the bus says that something changed. */
export class RegistryFollower implements AsyncDisposable {
  readonly #options: { pollMs: number };
  readonly #parts: { client: Client<typeof ChainService>; logger: Logger; metrics: TestSuiteMetrics };
  readonly #listeners: (() => void)[] = [];
  readonly #loop: WakeableLoop;
  #registry: Registry | undefined;
  #nodes: ReadonlySet<Pubkey> = new Set();
  #network: Buffer | undefined;
  #failures = 0;

  constructor(
    options: { pollMs: number },
    parts: { client: Client<typeof ChainService>; logger: Logger; metrics: TestSuiteMetrics },
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#loop = new WakeableLoop((signal) => this.#pull(signal));
  }

  /** Whether a registry was ever read. */
  get known(): boolean {
    return this.#registry !== undefined;
  }

  /** The network whose registry it is, as proofs name it. */
  get network(): Buffer | undefined {
    return this.#network;
  }

  get nodes(): ReadonlySet<Pubkey> {
    return this.#nodes;
  }

  has(node: Pubkey): boolean {
    return this.#nodes.has(node);
  }

  /** Why the registry is not known, or undefined when it is. */
  reason(): string | undefined {
    return this.known ? undefined : "the registry is not known yet";
  }

  /** Calls the listener after the set of nodes changed, the first time included. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** There may be something new. */
  wake(): void {
    this.#loop.wake();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop[Symbol.asyncDispose]();
  }

  async #pull(signal: AbortSignal): Promise<number> {
    try {
      const { registry } = await this.#parts.client.getRegistry({}, { signal, deadlineMs: DEADLINE_MS });
      if (registry) this.#take(registry);
      this.#failures = 0;
      return this.known ? this.#options.pollMs : RETRY.minMs;
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failures += 1;
      if (this.#failures === 1) this.#parts.logger.warn("registry_unreachable", errorFields(error));
      return Math.min(this.#options.pollMs, backoff(this.#failures, RETRY));
    }
  }

  /** Never goes back: a chain-watcher that reads its chain again empties nobody's registry. */
  #take(registry: Registry): void {
    if (this.#registry && registry.height < this.#registry.height) return;
    const nodes = new Set(
      registry.nodes.filter(({ pubkey }) => pubkey.length === 32).map((node) => pubkey(node.pubkey)),
    );
    const same = this.known && nodes.size === this.#nodes.size && nodes.isSubsetOf(this.#nodes);
    this.#registry = registry;
    this.#network = networkId(registry.chainId, registry.contract);
    this.#nodes = nodes;
    this.#parts.metrics.registry.set(nodes.size);
    if (!same) for (const listener of this.#listeners) listener();
  }
}
