import { backoff, type Clock, errorFields, type Logger, sleep } from "@swarmpost/runtime";
import type { Address } from "@swarmpost/staking";
import type { EndpointRing } from "./endpoint-ring.ts";
import { ChainWatcherError } from "./errors.ts";
import { type Advance, firstContact, readNextBlocks } from "./evm-source.ts";
import type { Journal } from "./journal.ts";
import { judgeEvents } from "./judge-events.ts";
import type { ChainWatcherMetrics } from "./metrics.ts";
import { Registry } from "./registry.ts";
import type { RegistrySnapshot } from "./registry-message.ts";

/** How a chain is followed. */
export interface FollowerOptions {
  readonly contract: Address;
  readonly pollMs: number;
  readonly rangeBlocks: number;
  readonly staleMs: number;
}

/** What a follower works with. */
export interface FollowerParts {
  readonly journal: Journal;
  readonly endpoints: EndpointRing;
  readonly metrics: ChainWatcherMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told of the kept registry at the start and after every step that moved the last final block. */
  readonly onRegistry: (snapshot: RegistrySnapshot) => void;
}

/**
 * Follows the chain: reads final blocks, keeps them, tells of the registry. Failures of endpoints and database are tried
 * again for as long as it takes; a chain that is not the one followed so far stops it for good, and the last registry
 * stays in force (another one would be another swarm map).
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #parts: FollowerParts;
  #registry: Registry | undefined;
  #stopped: string | undefined;
  #failure: string | undefined;
  #lastGoodMs: number;
  #failures = 0;
  #catchingUp = true;

  constructor(options: FollowerOptions, parts: FollowerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#lastGoodMs = parts.clock.now();
  }

  /** Why the registry is not up to date, or undefined. */
  problem(): string | undefined {
    if (this.#stopped !== undefined) return `stopped: ${this.#stopped}`;
    if (this.#catchingUp || this.#registry === undefined) return this.#failure ?? "catching up with the chain";
    return this.#parts.clock.now() - this.#lastGoodMs > this.#options.staleMs ? this.#failure : undefined;
  }

  /**
   * Loads what was kept, so that it is served whether the chain answers or not.
   * @throws DatabaseError
   */
  async load(): Promise<void> {
    const contents = await this.#parts.journal.load();
    if (contents === undefined) return;
    this.#use(new Registry(contents));
  }

  /**
   * Follows until the signal is aborted or the chain diverged. Never rejects. An abort does not wait for an endpoint that
   * hangs: what it answers later is not kept.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([this.#follow(signal), aborted]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#stopped === undefined) {
      const waitMs = await this.#attempt(signal);
      if (waitMs > 0) await sleep(waitMs, signal).catch(() => {}); // aborted: the loop sees it
    }
  }

  /** One step; how long to wait before the next. */
  async #attempt(signal: AbortSignal): Promise<number> {
    const { metrics, logger, clock } = this.#parts;
    const startedMs = clock.now();
    try {
      const more = await this.#step(signal);
      metrics.chain.polls.inc({ result: "ok" });
      if (this.#failures > 0) logger.info("chain_answers_again", { attempt: this.#failures });
      this.#failures = 0;
      this.#failure = undefined;
      this.#lastGoodMs = clock.now();
      return more ? 0 : this.#options.pollMs;
    } catch (error) {
      if (signal.aborted) return 0;
      metrics.chain.polls.inc({ result: "failed" });
      return this.#failed(error);
    } finally {
      metrics.chain.pollSeconds.observe((clock.now() - startedMs) / 1000);
    }
  }

  #failed(error: unknown): number {
    const { metrics, logger } = this.#parts;
    this.#failure = error instanceof ChainWatcherError ? error.message : "the last step failed";
    if (error instanceof ChainWatcherError && error.code === "diverged") {
      this.#stopped = error.message;
      metrics.chain.stopped.set(1);
      logger.error("chain_diverged_watcher_stopped", { reason: error.message });
      return 0;
    }
    this.#failures++;
    const delayMs = backoff(this.#failures, { minMs: Math.min(this.#options.pollMs, 1_000), maxMs: 10_000 });
    logger.warn("chain_step_failed", { ...errorFields(error), attempt: this.#failures, delay_ms: delayMs });
    return delayMs;
  }

  async #step(signal: AbortSignal): Promise<boolean> {
    const registry = await this.#ready();
    const { endpoints, metrics } = this.#parts;
    const advance = await endpoints.use((each) => readNextBlocks(each, registry.known, this.#options.rangeBlocks));
    signal.throwIfAborted();
    metrics.chain.head.set(Number(advance.head));
    if (advance.cursor.height > registry.known.cursor.height) await this.#keep(registry, advance);
    this.#catchingUp = advance.more;
    return advance.more;
  }

  /** The registry as kept, or a new one at the first contact with the chain. */
  async #ready(): Promise<Registry> {
    if (this.#registry === undefined) await this.load();
    if (this.#registry === undefined) {
      const { identity, cursor } = await this.#parts.endpoints.use(firstContact);
      await this.#parts.journal.begin(identity, cursor);
      await this.load();
    }
    if (this.#registry === undefined) throw new ChainWatcherError("conflict", "the database lost the followed source");
    this.#registry.requireContract(this.#options.contract);
    return this.#registry;
  }

  async #keep(registry: Registry, advance: Advance): Promise<void> {
    const judged = judgeEvents(advance.events, registry.known.identity);
    const entry = registry.apply(advance.cursor, judged);
    try {
      await this.#parts.journal.append(entry);
    } catch (error) {
      this.#registry = undefined; // what was kept is read again before the next step
      throw error;
    }
    const { metrics, logger } = this.#parts;
    for (const { event, valid } of judged) {
      metrics.registry.events.inc({ kind: event.kind });
      if (valid) continue;
      metrics.registry.ignored.inc();
      logger.warn("registration_ignored", { height: event.height, rule: "signature" });
    }
    this.#use(registry);
  }

  #use(registry: Registry): void {
    const { metrics, onRegistry } = this.#parts;
    this.#registry = registry;
    const snapshot = registry.snapshot();
    metrics.chain.final.set(Number(snapshot.cursor.height));
    metrics.registry.nodes.set(snapshot.nodes.length);
    onRegistry(snapshot);
  }
}
