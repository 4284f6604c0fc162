import { errorFields, type Logger, sleep } from "@swarmpost/runtime";

/** One thing that is done again and again. */
export interface Task {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs tasks until disposed, each on its own, never twice at once. A failure is logged and the next turn tries again.
 * Disposal waits for the turns under way.
 */
export class Background implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Runs a task in turns. */
  repeat(task: Task): void {
    this.#running.push(this.#turns(task));
  }

  /** Runs work that ends by itself when the signal says so. */
  follow(work: (signal: AbortSignal) => Promise<void>): void {
    this.#running.push(work(this.#stop.signal));
  }

  async #turns(task: Task): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await task.run().catch((error: unknown) => {
        this.#logger.warn("background_failed", { name: task.name, ...errorFields(error) });
      });
      await sleep(task.everyMs, this.#stop.signal).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}
