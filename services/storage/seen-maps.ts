import type { Pubkey } from "@swarmpost/crypto";
import type { KnownMap } from "./known-map.ts";

/**
 * How long after a map went out of force its members may still hand over: what they were given under it has expired by
 * then (30 days at most, and what clocks may differ by).
 */
export const MAP_LIFE_MS = 31 * 86_400_000;

interface SeenMap {
  readonly map: KnownMap;
  /** When it was last known to be in force, in milliseconds since the epoch. */
  readonly seenMs: number;
}

/**
 * Who was responsible for what, as long as that can matter. To refuse a node that left loses what it alone holds, while
 * what it brings is verified like anybody's: so where memory ends, it is believed to have been responsible.
 */
export class SeenMaps {
  readonly #limit: number;
  /** By last sight, the latest at the end. */
  #maps: SeenMap[] = [];
  /** Members of maps that are too many to keep, and until when each counts. */
  readonly #former = new Map<Pubkey, number>();

  /** @param limit maps kept whole. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A map is, or until now was, in force. */
  see(map: KnownMap, seenMs: number): void {
    this.#maps = [...this.#maps.filter((each) => each.map.hash !== map.hash), { map, seenMs }];
    this.#maps.sort((a, b) => a.seenMs - b.seenMs);
    for (const [node, untilMs] of this.#former) if (untilMs < seenMs) this.#former.delete(node);
    for (const old of this.#maps.splice(0, Math.max(0, this.#maps.length - this.#limit))) this.#fold(old);
  }

  /** Whether a map that still counts made a node responsible for an account (33 bytes), or may have. */
  wasResponsible(node: Pubkey, account: Buffer, nowMs: number): boolean {
    if ((this.#former.get(node) ?? 0) >= nowMs) return true;
    const counts = ({ seenMs }: SeenMap) => seenMs + MAP_LIFE_MS >= nowMs;
    return this.#maps.some((each) => counts(each) && each.map.responsible(account)?.members.includes(node));
  }

  #fold({ map, seenMs }: SeenMap): void {
    for (const node of map.swarms.flatMap((swarm) => swarm.members)) {
      this.#former.set(node, Math.max(this.#former.get(node) ?? 0, seenMs + MAP_LIFE_MS));
    }
  }
}
