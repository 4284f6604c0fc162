import { RuntimeError } from "./errors.ts";

/** Limits of a `Batcher`. */
export interface BatcherOptions {
  /** Most items in one batch. */
  readonly maxBatch: number;
  /** How long the first item of an idle batcher waits for company, in milliseconds; 0 means until the end of the tick. */
  readonly maxDelayMs: number;
  /** Most items that wait; one more is refused with `overloaded`. The batch in flight does not count. */
  readonly maxQueue: number;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers single items into batches, one batch in flight at a time. While a batch is in flight the next one fills, so
 * batches grow with the load and an idle system adds at most `maxDelayMs`. A failed batch fails each of its items.
 */
export class Batcher<T, R> implements AsyncDisposable {
  readonly #options: BatcherOptions;
  readonly #work: (items: T[]) => Promise<R[]>;
  #queue: Waiting<T, R>[] = [];
  #inFlight = false;
  #scheduled: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #closed = false;
  #idle: (() => void) | undefined;

  /** `work` gets 1 to `maxBatch` items and returns their results in the same order. */
  constructor(options: BatcherOptions, work: (items: T[]) => Promise<R[]>) {
    this.#options = options;
    this.#work = work;
  }

  /** Items that wait for a batch. */
  get length(): number {
    return this.#queue.length;
  }

  /** Resolves with the item's result. Rejects with RuntimeError `overloaded` or `closed`, or with what the batch threw. */
  add(item: T): Promise<R> {
    if (this.#closed) return Promise.reject(new RuntimeError("closed", "the batcher is closed"));
    if (this.#queue.length >= this.#options.maxQueue) {
      return Promise.reject(new RuntimeError("overloaded", "too many items wait for a batch"));
    }
    return new Promise<R>((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      if (!this.#inFlight) this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#queue.length >= this.#options.maxBatch) this.#flush();
    else if (this.#scheduled === undefined) {
      const { maxDelayMs } = this.#options;
      const flush = () => this.#flush();
      this.#scheduled = maxDelayMs > 0 ? setTimeout(flush, maxDelayMs) : setImmediate(flush);
    }
  }

  #unschedule(): void {
    if (this.#scheduled === undefined) return;
    if (this.#options.maxDelayMs > 0) clearTimeout(this.#scheduled as NodeJS.Timeout);
    else clearImmediate(this.#scheduled as NodeJS.Immediate);
    this.#scheduled = undefined;
  }

  #flush(): void {
    this.#unschedule();
    if (this.#inFlight || this.#queue.length === 0) return;
    const { maxBatch } = this.#options;
    const batch = this.#queue.length <= maxBatch ? this.#queue : this.#queue.slice(0, maxBatch);
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(maxBatch);
    this.#inFlight = true;
    void this.#run(batch);
  }

  async #run(batch: Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.#work(batch.map((waiting) => waiting.item));
      if (results.length !== batch.length) throw new TypeError("a batch must return one result for each item");
      for (let i = 0; i < batch.length; i++) batch[i]?.resolve(results[i] as R);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#inFlight = false;
    if (this.#queue.length > 0) this.#flush();
    else this.#idle?.();
  }

  /** Refuses new items and resolves when all earlier ones are done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (!this.#inFlight && this.#queue.length === 0) return;
    const idle = new Promise<void>((resolve) => {
      const earlier = this.#idle;
      this.#idle = () => {
        earlier?.();
        resolve();
      };
    });
    this.#flush();
    await idle;
  }
}
