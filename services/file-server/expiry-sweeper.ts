import type { ContentStore } from "@swarmpost/content";
import { type Clock, errorFields, type Logger, sleep } from "@swarmpost/runtime";
import type { FileTable } from "./file-table.ts";
import type { FileServerMetrics } from "./metrics.ts";

const AT_ONCE = 100;

/** What the sweeper works with. */
export interface SweeperParts {
  readonly table: FileTable;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly metrics: FileServerMetrics;
  readonly logger: Logger;
}

/** Removes the bytes of files that have expired and of uploads that did not end; then forgets them. */
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
    const { metrics, logger } = this.#parts;
    try {
      let removed = 0;
      for (;;) {
        const count = await this.#removeSome();
        removed += count;
        if (count < AT_ONCE || this.#stop.signal.aborted) break;
      }
      metrics.sweeps.inc({ result: "done" });
      if (removed > 0) logger.info("expired_files_removed", { removed });
    } catch (error) {
      // Nothing is lost: expired files are not served, and the next sweep tries again.
      metrics.sweeps.inc({ result: "failed" });
      logger.warn("sweep_failed", errorFields(error));
    }
  }

  async #removeSome(): Promise<number> {
    const { table, content, clock, metrics } = this.#parts;
    const nowMs = clock.now();
    const ids = await table.expired(nowMs, AT_ONCE);
    for (const id of ids) await content.remove(id);
    if (ids.length > 0) await table.forget(ids, nowMs);
    metrics.removedFiles.inc(ids.length);
    return ids.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
