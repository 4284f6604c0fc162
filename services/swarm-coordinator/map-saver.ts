import { errorFields, type Logger, retryForever } from "@swarmpost/runtime";
import type { MapStore, StoredMaps } from "./map-store.ts";
import type { CoordinatorMetrics } from "./metrics.ts";

/**
 * Writes the newest maps to Postgres behind the chain's back: the map can always be computed again, so it is in force
 * whether or not it is stored. A database that is away is tried until it is back.
 */
export class MapSaver implements AsyncDisposable {
  readonly #parts: { store: MapStore; logger: Logger; metrics: CoordinatorMetrics };
  readonly #stop = new AbortController();
  #pending: StoredMaps | undefined;
  #running: Promise<void> | undefined;
  #failing = false;

  constructor(parts: { store: MapStore; logger: Logger; metrics: CoordinatorMetrics }) {
    this.#parts = parts;
  }

  /** Why the newest map is not stored, or undefined. */
  reason(): string | undefined {
    return this.#failing ? "the map cannot be stored" : undefined;
  }

  /** Stores these maps soon; what was waiting is replaced. */
  save(maps: StoredMaps): void {
    this.#pending = maps;
    this.#running ??= this.#drain().finally(() => (this.#running = undefined));
  }

  async #drain(): Promise<void> {
    const options = { minMs: 100, maxMs: 5_000, onFailure: (error: unknown) => this.#failed(error) };
    while (this.#pending && !this.#stop.signal.aborted) {
      // Ends with an AbortError only when this saver is disposed.
      await retryForever(this.#stop.signal, options, () => this.#write()).catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const maps = this.#pending;
    if (!maps) return;
    await this.#parts.store.save(maps);
    if (this.#pending === maps) this.#pending = undefined;
    this.#failing = false;
    this.#parts.metrics.saves.inc({ result: "saved" });
  }

  #failed(error: unknown): void {
    this.#parts.metrics.saves.inc({ result: "failed" });
    if (!this.#failing) this.#parts.logger.warn("map_save_failed", errorFields(error));
    this.#failing = true;
  }

  /** Gives up what is not stored yet after the attempt in flight. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
