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

/** A push that brought nothing is tried again ever later, up to so many turns. */
const MAX_WAIT_TURNS = 16;

/** Follows the swarm map: pulls what this node must have, pushes what it must no longer have. */
export class Handoff {
  readonly #options: { retryMs: number };
  readonly #parts: HandoffParts;
  readonly #strays: StrayTurns;
  #settleAt = Number.POSITIVE_INFINITY;
  #mapKnown = false;
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(options: { retryMs: number }, parts: HandoffParts) {
    this.#options = options;
    this.#parts = parts;
    this.#strays = new StrayTurns(options.retryMs);
  }

  /** To be called when the network view changed: what this node lacks is known at once, the work follows. */
  viewChanged(): void {
    const { state, logger } = this.#parts;
    const followed = state.follow();
    if (followed) logger.info("swarm_map_followed", { pending: state.tasks.length });
    // After a restart the map may be the one acted on last, and strays be here all the same.
    if (followed || (state.mapKnown && !this.#mapKnown)) {
      this.#mapKnown = true;
      this.#strays.look();
      this.#settleAt = this.#parts.now() + SETTLE_MS;
    }
    this.#woken = true;
    this.#wake?.();
  }

  /** Works until the signal. What fails is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      this.#woken = false;
      try {
        await this.#step(signal);
      } catch (error) {
        if (!signal.aborted) this.#parts.logger.warn("handoff_failed", errorFields(error));
      }
      if (!signal.aborted && !this.#woken) await this.#pause();
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { state, pull, push, now } = this.#parts;
    await state.save();
    if (state.tasks.length > 0) {
      await pull.run(signal);
      await state.save();
    }
    if (this.#settleAt <= now()) {
      this.#settleAt = Number.POSITIVE_INFINITY;
      this.#strays.look();
    }
    if (!state.mapKnown || !this.#strays.begin(now())) return;
    // A push that breaks off is tried again like one that brought nothing.
    let left = Number.POSITIVE_INFINITY;
    try {
      left = await push.run(signal);
    } finally {
      this.#strays.end(left, now());
    }
    if (left === 0 && state.tasks.length === 0) state.strayGone();
    await state.save();
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, this.#options.retryMs);
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}

/** When strays are looked for: at once after a change of the map, ever later while nothing moves, never when none are left. */
class StrayTurns {
  readonly #retryMs: number;
  #at: number | undefined = 0;
  #turns = 1;
  #left = Number.POSITIVE_INFINITY;

  constructor(retryMs: number) {
    this.#retryMs = retryMs;
  }

  /** Something stray may be here. */
  look(): void {
    this.#at = 0;
    this.#turns = 1;
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** True when it is time to push; then `end` must follow. */
  begin(nowMs: number): boolean {
    if (this.#at === undefined || this.#at > nowMs) return false;
    this.#at = undefined;
    return true;
  }

  /** A push ended and `left` strays stay. What `look` said meanwhile holds. */
  end(left: number, nowMs: number): void {
    if (this.#at !== undefined) return;
    this.#turns = left < this.#left ? 1 : Math.min(this.#turns * 2, MAX_WAIT_TURNS);
    this.#left = left;
    this.#at = left === 0 ? undefined : nowMs + this.#turns * this.#retryMs;
  }
}
