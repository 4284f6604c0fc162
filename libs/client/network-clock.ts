const SAMPLES = 10;

/**
 * The network's time as this computer sees it. Nodes tell theirs in every answer (`t`, unix ms); the median of the last
 * ten differences is the offset, so one node that lies does not move it.
 */
export class NetworkClock {
  readonly #now: () => number;
  readonly #offsets: number[] = [];

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
    const sorted = this.#offsets.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
  }

  /** Takes a node's time from an answer to a request sent at `sentMs` and answered at `receivedMs`, both local. */
  observe(t: unknown, sentMs: number, receivedMs: number): void {
    if (typeof t !== "number" || !Number.isFinite(t) || t <= 0) return;
    this.#offsets.push(t - (sentMs + receivedMs) / 2);
    if (this.#offsets.length > SAMPLES) this.#offsets.shift();
  }

  /** Forgets what was observed: after a node said that this clock is wrong. */
  reset(): void {
    this.#offsets.length = 0;
  }
}
