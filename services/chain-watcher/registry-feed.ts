import { RpcError } from "@swarmpost/rpc";
import type { RegistrySnapshot } from "./registry-message.ts";

/** The current registry for all who serve it, and a way to wait for the next. */
export class RegistryFeed implements Disposable {
  #snapshot: RegistrySnapshot | undefined;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  /** @throws RpcError `unavailable` before anything is known of the chain. */
  get current(): RegistrySnapshot {
    if (this.#snapshot === undefined) throw new RpcError("unavailable", "the chain was not read yet");
    return this.#snapshot;
  }

  /** Takes the registry of a later block and wakes who waits for it. */
  advance(snapshot: RegistrySnapshot): void {
    this.#snapshot = snapshot;
    this.#wake();
  }

  /**
   * Waits until the registry is known and past a height.
   * @throws RpcError `unavailable` when the service ends, `cancelled` when the caller goes.
   */
  async past(height: bigint, signal: AbortSignal): Promise<RegistrySnapshot> {
    for (;;) {
      if (this.#closed) throw new RpcError("unavailable", "the service is ending");
      if (signal.aborted) throw new RpcError("cancelled", "the caller went away");
      if (this.#snapshot !== undefined && this.#snapshot.cursor.height > height) return this.#snapshot;
      await this.#next(signal);
    }
  }

  /** Ends every wait. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#wake();
  }

  async #next(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
