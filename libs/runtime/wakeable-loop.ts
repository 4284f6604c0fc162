/**
 * Runs a step again and again: the step says how many milliseconds to rest, and `wake` cuts the rest short. The step must not
 * throw; its signal fires when the loop is disposed.
 */
export class WakeableLoop implements AsyncDisposable {
  readonly #step: (signal: AbortSignal) => Promise<number>;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #woken = false;
  #endRest: (() => void) | undefined;

  constructor(step: (signal: AbortSignal) => Promise<number>) {
    this.#step = step;
    this.#running = this.#run();
  }

  /** Runs the step as soon as possible: now, or once more after the one under way. */
  wake(): void {
    this.#woken = true;
    this.#endRest?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#endRest?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (!this.#stop.signal.aborted) {
      this.#woken = false;
      const restMs = await this.#step(this.#stop.signal);
      if (!this.#woken && !this.#stop.signal.aborted) await this.#rest(restMs);
    }
  }

  async #rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#endRest = resolve;
    await promise;
    this.#endRest = undefined;
    clearTimeout(timer);
  }
}
