import { errorFields, type Logger } from "@swarmpost/runtime";
import type { HandoffState } from "./handoff-state.ts";
import type { StrayPush } from "./stray-push.ts";
import type { SyncPull } from "./sync-pull.ts";

/** What handoff works with. */
export interface HandoffParts {
  readonly state: HandoffState;
  readonly pull: SyncPull;
  readonly push: StrayPush;
  readonly logger: Logger;
  readonly now: () => number;
}

/** A commit that began under the map before may land this late; strays are looked for once more after it. */
const SETTLE_MS = 20_000;

/** Follows the swarm map: pulls what this node must have, pushes what it must no longer have. */
export class Handoff {
  readonly #options: { retryMs: number };
  readonly #parts: HandoffParts;
  /** Something that this node no longer keeps may be here. */
  #strayDue = true;
  #settleAt: number | undefined;
  #wake: (() => void) | undefined;

  constructor(options: { retryMs: number }, parts: HandoffParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** To be called when the network view changed: what this node lacks is known at once, the work follows. */
  viewChanged(): void {
    if (this.#parts.state.follow()) {
      this.#parts.logger.info("swarm_map_followed", { pending: this.#parts.state.tasks.length });
      this.strayMay();
      this.#settleAt = this.#parts.now() + SETTLE_MS;
    }
    this.#wake?.();
  }

  /** Something that this node no longer keeps may be here. */
  strayMay(): void {
    this.#strayDue = true;
    this.#wake?.();
  }

  /** Works until the signal. What fails is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (!signal.aborted) this.#parts.logger.warn("handoff_failed", errorFields(error));
      }
      await this.#pause(signal);
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { state, pull, push } = this.#parts;
    await state.save();
    if (state.tasks.length > 0) {
      await pull.run(signal);
      await state.save();
    }
    if (this.#settleAt !== undefined && this.#settleAt <= this.#parts.now()) {
      this.#settleAt = undefined;
      this.#strayDue = true;
    }
    if (!this.#strayDue) return;
    this.#strayDue = false;
    const left = await push.run(signal).catch((error: unknown) => {
      this.#strayDue = true;
      throw error;
    });
    if (left > 0) this.#strayDue = true;
    else if (state.tasks.length === 0) state.strayGone();
    await state.save();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, this.#options.retryMs);
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
