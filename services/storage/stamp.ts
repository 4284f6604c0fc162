import type { Clock } from "@swarmpost/runtime";

/** How far a live frame's stamp may lie from the receiver's clock, in milliseconds (docs/protocol/replication.md). */
export const STAMP_TOLERANCE_MS = 70_000;

/** When and where a store or delete entered the swarm; of two, the later wins. */
export interface Stamp {
  /** Milliseconds since the Unix epoch by the entry node's clock. */
  readonly ms: number;
  /** Ed25519 key of the entry node, 32 bytes; breaks ties. */
  readonly node: Buffer;
}

/** Negative when `a` is the earlier, 0 when equal. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.ms - b.ms || Buffer.compare(a.node, b.node);
}

/**
 * Gives the stamps of one entry node. They never go back, and what follows a delete is later than it: so a store after an
 * acknowledged delete on the same node always wins, even within one millisecond.
 */
export class StampClock {
  readonly #node: Buffer;
  readonly #clock: Clock;
  #least = 0;

  constructor(node: Buffer, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** A stamp for a store; later than `above` when given, which is the stamp of a known deletion. */
  forStore(above = 0): Stamp {
    return { ms: Math.max(this.#clock.now(), this.#least, above + 1), node: this.#node };
  }

  /** A stamp for a delete; at least `above` when given, which is the stamp of a known store. */
  forDelete(above = 0): Stamp {
    const own = Math.max(this.#clock.now(), this.#least);
    // Only our own clock moves `least`: a neighbour's stamp from the future must not drag all later stamps along.
    this.#least = own + 1;
    return { ms: Math.max(own, above), node: this.#node };
  }
}
