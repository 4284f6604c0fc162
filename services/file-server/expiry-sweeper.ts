import { type Clock, errorFields, type Logger, sleep } from "@swarmpost/runtime";
import type { FileStore } from "./file-store.ts";
import type { FileServerMetrics } from "./metrics.ts";

/** What the sweeper works with. */
export interface SweeperParts {
  readonly store: FileStore;
  readonly clock: Clock;
  readonly metrics: FileServerMetrics;
  readonly logger: Logger;
}

/** Gives back the disk of days whose files have all expired. */
export class ExpirySweeper implements AsyncDisposable {
  readonly #parts: SweeperParts;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  /** Begins at once, then every `intervalMs`. */
  constructor(options: { intervalMs: number }, parts: SweeperParts) {
    this.#parts = parts;
    this.#done = this.#live(options.intervalMs);
  }

  async #live(intervalMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#sweep();
      await sleep(intervalMs, this.#stop.signal).catch(() => {});
    }
  }

  async #sweep(): Promise<void> {
    const { store, clock, metrics, logger } = this.#parts;
    try {
      const removed = await store.dropExpiredDays(clock.now());
      metrics.sweeps.inc({ result: "done" });
      metrics.droppedDays.inc(removed);
      if (removed > 0) logger.info("expired_days_dropped", { removed });
    } catch (error) {
      // Nothing is lost: expired files are not served, and the next sweep tries again.
      metrics.sweeps.inc({ result: "failed" });
      logger.warn("sweep_failed", errorFields(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
