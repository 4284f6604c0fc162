import type { ChainService, RegistryBlock } from "@swarmpost/protos";
import type { Client } from "@swarmpost/rpc";
import { backoff, errorFields, type Logger } from "@swarmpost/runtime";
import type { ChainMap } from "./chain-map.ts";
import { CoordinatorError } from "./errors.ts";
import type { CoordinatorMetrics } from "./metrics.ts";
import { WakeableSleep } from "./wakeable-sleep.ts";

/** What the follower works with. */
export interface ChainFollowerParts {
  readonly client: Client<typeof ChainService>;
  readonly map: ChainMap;
  readonly logger: Logger;
  readonly metrics: CoordinatorMetrics;
  /** Called after each registry and block that was taken. */
  readonly onProgress: (changed: boolean) => void;
}

const RETRY = { minMs: 100, maxMs: 5_000 } as const;

/** Streams blocks from chain-watcher into the map, for ever; a chain that contradicts the map ends it. */
export class ChainFollower implements AsyncDisposable {
  readonly #parts: ChainFollowerParts;
  readonly #stop = new AbortController();
  readonly #pause = new WakeableSleep();
  readonly #running: Promise<void>;
  #streaming = false;
  #contradiction: CoordinatorError | undefined;

  constructor(parts: ChainFollowerParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Why the map is not fresh, or undefined when it is. */
  reason(): string | undefined {
    if (this.#contradiction) return this.#contradiction.message;
    if (!this.#streaming) return "no blocks from chain-watcher";
    return this.#parts.map.upToDate ? undefined : "the map is behind the chain";
  }

  /** There may be something new: tries at once when it was waiting to try again. */
  wake(): void {
    this.#pause.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#pause.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, metrics } = this.#parts;
    for (let failures = 1; !this.#stop.signal.aborted; failures++) {
      try {
        await this.#stream(() => (failures = 0));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof CoordinatorError && error.code === "chain-contradicts") {
          this.#contradiction = error;
          metrics.chain.contradictions.inc();
          logger.error("chain_contradicts_map", { reason: error.message, height: this.#parts.map.fromHeight });
          return;
        }
        if (failures <= 1) logger.warn("chain_stream_lost", errorFields(error));
      } finally {
        this.#streaming = false;
        metrics.chain.followed.set(0);
      }
      await this.#pause.sleep(backoff(Math.max(failures, 1), RETRY));
    }
  }

  async #stream(onBegin: () => void): Promise<void> {
    const { client, map } = this.#parts;
    const { signal } = this.#stop;
    const { registry } = await client.getRegistry({}, { signal, deadlineMs: 5_000 });
    map.begin(registry);
    this.#streaming = true;
    onBegin();
    this.#progress(false);
    for await (const { block } of client.watchBlocks({ fromHeight: map.fromHeight }, { signal })) this.#take(block);
  }

  #take(block: RegistryBlock | undefined): void {
    const changed = this.#parts.map.take(block);
    if (changed) this.#parts.metrics.map.changes.inc();
    this.#progress(changed);
  }

  #progress(changed: boolean): void {
    const { map, metrics, onProgress } = this.#parts;
    metrics.chain.height.set(Number(map.head));
    metrics.chain.followed.set(map.upToDate ? 1 : 0);
    onProgress(changed);
  }
}
