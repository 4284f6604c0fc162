import { RuntimeError } from "./errors.ts";

/** Limits of a `Batcher`. */
export interface BatcherOptions<T = unknown> {
  /** Most items in one batch. */
  readonly maxBatch: number;
  /** How long the first item of an idle batcher waits for company, in milliseconds; 0 means until the end of the tick. */
  readonly maxDelayMs: number;
  /** Most items that wait; one more is refused with `overloaded`. The batch in flight does not count. */
  readonly maxQueue: number;
  /** What an item weighs, for the two limits below; nothing when absent. */
  readonly weigh?: (item: T) => number;
  /** Most that the items of one batch weigh together; an item that is heavier goes alone. */
  readonly maxBatchWeight?: number;
  /** Most that the waiting items weigh together; one more is refused with `overloaded`. A lone item always may wait. */
  readonly maxQueueWeight?: number;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly weight: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers single items into batches, one batch in flight at a time. While a batch is in flight the next one fills, so
 * batches grow with the load and an idle system adds at most `maxDelayMs`. A failed batch fails each of its items.
 */
export class Batcher<T, R> implements AsyncDisposable {
  readonly #options: BatcherOptions<T>;
  readonly #work: (items: T[]) => Promise<R[]>;
  #queue: Waiting<T, R>[] = [];
  #weight = 0;
  #inFlight = false;
  #scheduled: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #closed = false;
  #idle: (() => void) | undefined;

  /** `work` gets 1 to `maxBatch` items and returns their results in the same order. */
  constructor(options: BatcherOptions<T>, work: (items: T[]) => Promise<R[]>) {
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
    const { maxQueue, maxQueueWeight = Number.POSITIVE_INFINITY } = this.#options;
    const weight = this.#options.weigh?.(item) ?? 0;
    const tooHeavy = this.#queue.length > 0 && this.#weight + weight > maxQueueWeight;
    if (this.#queue.length >= maxQueue || tooHeavy) {
      return Promise.reject(new RuntimeError("overloaded", "too many items wait for a batch"));
    }
    return new Promise<R>((resolve, reject) => {
      this.#weight += weight;
      this.#queue.push({ item, weight, resolve, reject });
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
    const size = this.#fitting();
    const batch = this.#queue.length === size ? this.#queue : this.#queue.slice(0, size);
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(size);
    for (const { weight } of batch) this.#weight -= weight;
    this.#inFlight = true;
    void this.#run(batch);
  }

  /** How many of the waiting items make the next batch. */
  #fitting(): number {
    const { maxBatch, maxBatchWeight = Number.POSITIVE_INFINITY } = this.#options;
    const most = Math.min(maxBatch, this.#queue.length);
    let weight = 0;
    for (let i = 0; i < most; i++) {
      weight += this.#queue[i]?.weight ?? 0;
      if (i > 0 && weight > maxBatchWeight) return i;
    }
    return most;
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
