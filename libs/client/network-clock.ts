import type { Pubkey } from "@swarmpost/crypto";

const SAMPLES = 10;
/** The last time that a `Date` can hold, unix ms. */
const LAST_MS = 8.64e15;

/**
 * The network's time as this computer sees it. Nodes tell theirs in every answer (`t`, unix ms); the median of what
 * the last ten nodes said is the offset, one word a node, so one that lies does not move it however often it is asked;
 * between two that differ the one nearer to this computer's clock counts.
 */
export class NetworkClock {
  readonly #now: () => number;
  /** What each node said last, the latest at the end. */
  readonly #offsets = new Map<Pubkey, number>();

  /** `now` gives this computer's unix ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** This computer's time, unix ms. */
  local(): number {
    return this.#now();
  }

  /** Network time, unix ms. */
  now(): number {
    return this.#now() + this.offsetMs;
  }

  /** How far the network is ahead of this computer, ms. */
  get offsetMs(): number {
    const sorted = [...this.#offsets.values()].sort((a, b) => a - b);
    const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
    return Math.round(Math.abs(low) < Math.abs(high) ? low : high);
  }

  /** Takes the time `t` of a node from an answer to a request sent at `sentMs` and answered at `receivedMs`, both local. */
  observe(node: Pubkey, t: unknown, { sentMs, receivedMs }: { sentMs: number; receivedMs: number }): void {
    if (typeof t !== "number" || !(t > 0 && t <= LAST_MS)) return;
    this.#offsets.delete(node);
    this.#offsets.set(node, t - (sentMs + receivedMs) / 2);
    const [oldest] = this.#offsets.keys();
    if (this.#offsets.size > SAMPLES && oldest !== undefined) this.#offsets.delete(oldest);
  }

  /** Forgets what was observed: after a node said that this clock is wrong. */
  reset(): void {
    this.#offsets.clear();
  }
}
