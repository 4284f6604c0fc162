import type { Pubkey } from "@swarmpost/crypto";
import type { Clock } from "@swarmpost/runtime";

const MINUTE_MS = 60_000;

/** How many proofs each peer may have judged in a minute: a registered node can waste only so much of our time. */
export class PeerBudget {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #spent = new Map<Pubkey, number>();
  #sinceMs = 0;

  constructor(options: { perMinute: number }, collaborators: { clock: Clock }) {
    this.#limit = options.perMinute;
    this.#clock = collaborators.clock;
  }

  /** Whether the peer may have this many more. */
  spend(peer: Pubkey, count: number): boolean {
    const nowMs = this.#clock.now();
    if (nowMs - this.#sinceMs >= MINUTE_MS) {
      this.#spent.clear();
      this.#sinceMs = nowMs;
    }
    const spent = (this.#spent.get(peer) ?? 0) + count;
    if (spent > this.#limit) return false;
    this.#spent.set(peer, spent);
    return true;
  }
}
