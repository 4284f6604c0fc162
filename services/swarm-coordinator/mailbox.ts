/** Messages on their way to one reader, in order. */
export class Mailbox<T> {
  readonly #waiting: T[] = [];
  #arrived: (() => void) | undefined;

  put(message: T): void {
    this.#waiting.push(message);
    this.#arrived?.();
  }

  /** Messages as they come, until the signal is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<T, void> {
    const wake = (): void => this.#arrived?.();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const message = this.#waiting.shift();
        if (message !== undefined) yield message;
        else await this.#arrival();
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arrived = resolve;
    await promise;
    this.#arrived = undefined;
  }
}
