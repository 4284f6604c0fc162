import type { Pubkey } from "@swarmpost/crypto";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";

/** Nobody is away for longer than this on its own word. */
const MAX_AWAY_MS = 120_000;

/** Members that said that they are being stopped: nobody waits for them until they are back. */
export class Absences {
  readonly #parts: { links: Pick<PeerLinks, "state">; clock: Clock };
  readonly #left = new Map<Pubkey, number>();

  constructor(parts: { links: Pick<PeerLinks, "state">; clock: Clock }) {
    this.#parts = parts;
  }

  /** A member said that it leaves for a moment. */
  leave(member: Pubkey): void {
    this.#left.set(member, this.#parts.clock.now());
  }

  /** A member is there. */
  back(member: Pubkey): void {
    this.#left.delete(member);
  }

  /** Whether to go on without a member. While its link is up it says itself what it does not take. */
  isAway(member: Pubkey): boolean {
    const left = this.#left.get(member);
    if (left === undefined || this.#parts.links.state(member) === "up") return false;
    if (this.#parts.clock.now() - left < MAX_AWAY_MS) return true;
    this.#left.delete(member);
    return false;
  }
}
