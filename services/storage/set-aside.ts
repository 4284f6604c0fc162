import type { Pubkey } from "@swarmpost/crypto";

/** Frames of one member that it refuses, so that they do not stand before those that it takes. */
interface Aside {
  /** Everything up to this frame was tried. */
  readonly after: bigint;
  readonly count: number;
  /** When all are tried again, in milliseconds since the epoch. */
  readonly againMs: number;
  readonly waitMs: number;
  /** They are tried at once when the map changes: most refusals have to do with it. */
  readonly mapHash: string;
}

/** What is known when frames are to be tried. */
export interface Moment {
  readonly nowMs: number;
  readonly mapHash: string;
}

/** Nothing is set aside for longer than this. */
const MAX_WAIT_MS = 3_600_000;

/**
 * Remembers up to where the frames kept for a member were tried and refused. They stay on disk, within the bound of what
 * is kept for a member, and are tried again ever later. What is remembered here may be lost without harm.
 */
export class SetAside {
  readonly #firstWaitMs: number;
  readonly #members = new Map<Pubkey, Aside>();

  constructor(firstWaitMs: number) {
    this.#firstWaitMs = firstWaitMs;
  }

  /** The frame after which to go on: 0 when all are to be tried. */
  after(target: Pubkey, moment: Moment): bigint {
    const aside = this.#members.get(target);
    return aside === undefined || this.#isOver(aside, moment) ? 0n : aside.after;
  }

  /** Frames up to `last` were tried and `count` of them refused. */
  add(target: Pubkey, { last, count }: { last: bigint; count: number }, moment: Moment): void {
    const known = this.#members.get(target);
    if (known === undefined || this.#isOver(known, moment)) {
      if (count === 0) return;
      const waitMs = known === undefined ? this.#firstWaitMs : Math.min(known.waitMs * 2, MAX_WAIT_MS);
      this.#members.set(target, {
        after: last,
        count,
        againMs: moment.nowMs + waitMs,
        waitMs,
        mapHash: moment.mapHash,
      });
    } else this.#members.set(target, { ...known, after: last, count: known.count + count });
  }

  /** All are to be tried: the member came back, perhaps another program, or nothing is left. */
  forget(target: Pubkey): void {
    this.#members.delete(target);
  }

  /** Frames that are refused. */
  get size(): number {
    return [...this.#members.values()].reduce((sum, { count }) => sum + count, 0);
  }

  #isOver(aside: Aside, { nowMs, mapHash }: Moment): boolean {
    return aside.againMs <= nowMs || aside.mapHash !== mapHash;
  }
}
