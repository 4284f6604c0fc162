import { errorFields, type Logger, sleep } from "@swarmpost/runtime";
import { KubernetesError } from "./errors.ts";
import type { LeaseLock } from "./lease-lock.ts";

/** How often a Lease is asked for or renewed, and when its holder gives up. */
export interface LeaderElectorOptions {
  /** Between two attempts, at most; each wait is a random 75 to 100 % of it. */
  readonly retryMs: number;
  /** A leader that could not renew for so long is none any more. Less than the Lease lasts. */
  readonly renewMs: number;
}

/** What an elector works with. */
export interface LeaderElectorParts {
  readonly lock: LeaseLock;
  readonly logger: Logger;
  /** As the lock's. */
  readonly monotonic: () => number;
  /** Told of each attempt that the Kubernetes API left unanswered or refused. */
  readonly onFailure: () => void;
}

/** client-go's leader election: wait for the Lease, then renew it until it is given back or lost. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #parts: LeaderElectorParts;
  #failing = false;

  constructor(options: LeaderElectorOptions, parts: LeaderElectorParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Waits until the Lease is held; an outage of the API is waited out. Rejects with an `AbortError` when aborted. */
  async acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if ((await this.#attempt(signal)) === true) return;
      await this.#rest(signal);
    }
  }

  /**
   * Renews the Lease until the signal is aborted.
   * @throws KubernetesError `lost` when another holds it, or when it could not be renewed in time
   */
  async keep(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#rest(signal).catch(() => {}); // aborted: seen below
      if (signal.aborted) return;
      const left = AbortSignal.timeout(Math.max(0, Math.ceil(this.#leftMs())));
      const held = await this.#attempt(AbortSignal.any([signal, left]));
      if (signal.aborted) return;
      if (held === false) throw new KubernetesError("lost", "another process holds the Lease");
      if (this.#leftMs() <= 0) throw new KubernetesError("lost", "the Lease was not renewed in time");
    }
  }

  /** How long a leader that does not renew the Lease still is one. */
  #leftMs(): number {
    const { lock, monotonic } = this.#parts;
    return lock.renewedAt + this.#options.renewMs - monotonic();
  }

  /** Undefined when it cannot be told whether the Lease is held. */
  async #attempt(signal: AbortSignal): Promise<boolean | undefined> {
    const { lock, logger, onFailure } = this.#parts;
    try {
      const held = await lock.tryHold(signal);
      if (this.#failing) logger.info("lease_answers_again");
      this.#failing = false;
      return held;
    } catch (error) {
      onFailure();
      if (!this.#failing && !signal.aborted) logger.warn("lease_attempt_failed", errorFields(error));
      this.#failing = true;
      return undefined;
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.retryMs * (0.75 + Math.random() / 4), signal);
  }
}
