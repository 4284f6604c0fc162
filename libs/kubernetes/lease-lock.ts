import type { Kubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";
import { getLease, type Lease, replaceLease } from "./leases.ts";

/** Which Lease, who wants it, and for how long a holder keeps it without renewing. */
export interface LeaseLockOptions {
  readonly lease: string;
  /** Unlike that of any other process, also of an earlier one of the same pod. */
  readonly identity: string;
  readonly durationMs: number;
}

/** What a lock works with. */
export interface LeaseLockParts {
  readonly kubernetes: Kubernetes;
  /** Milliseconds that only grow, whatever is done to the machine's clock. */
  readonly monotonic: () => number;
  /** Milliseconds since the Unix epoch, for people who read the Lease. */
  readonly wall: () => number;
}

/**
 * One side's view of a Lease, as client-go's resource lock and elector have it. Another's Lease counts as run out when it was
 * seen unchanged for the time that its holder claimed, by the own clock: machines whose clocks differ do not matter.
 */
export class LeaseLock {
  readonly #options: LeaseLockOptions;
  readonly #parts: LeaseLockParts;
  #seen: Lease | undefined;
  #seenAt = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseLockOptions, parts: LeaseLockParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** When, on the own clock, the last good write was sent; minus infinity while another holds the Lease, or nobody. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /**
   * Takes the Lease when it is free or ran out, renews it when it is the own one.
   * @returns whether it is held now; false means that another holds it.
   * @throws KubernetesError when it cannot be told
   */
  async tryHold(signal?: AbortSignal): Promise<boolean> {
    const { kubernetes } = this.#parts;
    const seen = this.#observe(await getLease(kubernetes, this.#options.lease, signal));
    if (seen.holder !== this.#options.identity && this.#isTaken(seen)) return this.#lost();
    try {
      await this.#write(seen, signal);
      return true;
    } catch (error) {
      if (!(error instanceof KubernetesError && error.code === "conflict")) throw error;
      const now = this.#observe(await getLease(kubernetes, this.#options.lease, signal));
      if (now.holder !== this.#options.identity) return this.#lost();
      // An own write whose answer was lost: since when the Lease is held is known only of one that is answered.
      await this.#write(now, signal);
      return true;
    }
  }

  /** Gives it up, if it is the own one still. @throws KubernetesError */
  async release(signal?: AbortSignal): Promise<void> {
    const { kubernetes, wall } = this.#parts;
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    const lease = await getLease(kubernetes, this.#options.lease, signal);
    if (lease.holder !== this.#options.identity) return;
    const nowMs = wall();
    const times = { acquireTimeMs: nowMs, renewTimeMs: nowMs };
    // One second, because the API server takes no zero.
    const free = { holder: "", durationSeconds: 1, transitions: lease.transitions, ...times };
    await replaceLease(kubernetes, lease, free, signal);
  }

  async #write(seen: Lease, signal: AbortSignal | undefined): Promise<void> {
    const { kubernetes, monotonic, wall } = this.#parts;
    const { identity, durationMs } = this.#options;
    const own = seen.holder === identity;
    const sentAt = monotonic();
    const nowMs = wall();
    const change = {
      holder: identity,
      durationSeconds: Math.ceil(durationMs / 1000),
      transitions: own ? seen.transitions : seen.transitions + 1,
      acquireTimeMs: own && seen.acquireTime !== undefined ? Date.parse(seen.acquireTime) : nowMs,
      renewTimeMs: nowMs,
    };
    this.#observe(await replaceLease(kubernetes, seen, change, signal));
    this.#renewedAt = sentAt;
  }

  #observe(lease: Lease): Lease {
    if (lease.resourceVersion !== this.#seen?.resourceVersion) this.#seenAt = this.#parts.monotonic();
    this.#seen = lease;
    return lease;
  }

  #isTaken({ holder, durationSeconds }: Lease): boolean {
    return holder !== "" && this.#seenAt + durationSeconds * 1000 > this.#parts.monotonic();
  }

  #lost(): false {
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    return false;
  }
}
