/** A pause that can be cut short. */
export class WakeableSleep {
  #end: (() => void) | undefined;

  /** Ends after `ms` milliseconds or with the next `wake`. */
  async sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#end = resolve;
    await promise;
    this.#end = undefined;
    clearTimeout(timer);
  }

  wake(): void {
    this.#end?.();
  }
}
