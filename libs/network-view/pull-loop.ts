import { backoff, errorFields, type Logger } from "@swarmpost/runtime";

/** What is pulled and how often. */
export interface PullLoopOptions {
  /** The service that answers, for log lines. */
  readonly source: string;
  readonly intervalMs: number;
  /** One attempt; throws when the source is down or answers nonsense. */
  readonly pull: (signal: AbortSignal) => Promise<void>;
}

const RETRY = { minMs: 200, maxMs: 5_000 } as const;

/** Pulls from one source: at once, then at intervals, sooner after a failure and when woken. Never throws. */
export class PullLoop {
  readonly #options: PullLoopOptions;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #first = Promise.withResolvers<void>();
  #failures = 0;
  #woken = false;
  #endPause: (() => void) | undefined;

  constructor(options: PullLoopOptions, collaborators: { logger: Logger; signal: AbortSignal }) {
    this.#options = options;
    this.#logger = collaborators.logger;
    this.#signal = collaborators.signal;
    this.#signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  /** Resolves after the first attempt, whatever came of it. */
  get attempted(): Promise<void> {
    return this.#first.promise;
  }

  /** Pulls as soon as possible: now, or once more after the pull in flight. */
  wake(): void {
    this.#woken = true;
    this.#endPause?.();
  }

  /** Runs until the signal is aborted. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#woken = false;
      await this.#attempt();
      this.#first.resolve();
      const { intervalMs } = this.#options;
      await this.#pause(this.#failures > 0 ? Math.min(intervalMs, backoff(this.#failures, RETRY)) : intervalMs);
    }
    this.#first.resolve();
  }

  async #attempt(): Promise<void> {
    const { source, pull } = this.#options;
    try {
      await pull(this.#signal);
      if (this.#failures > 0) this.#logger.info("view_source_up", { source, attempt: this.#failures + 1 });
      this.#failures = 0;
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#failures++;
      if (this.#failures === 1) this.#logger.warn("view_source_down", { source, ...errorFields(error) });
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#woken || this.#signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#endPause = resolve;
    await promise;
    this.#endPause = undefined;
    clearTimeout(timer);
  }
}
