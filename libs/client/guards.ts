import type { Pubkey } from "@swarmpost/crypto";
import type { NodePool } from "./node-pool.ts";
import { pick, type Random } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";

/** How many guards are remembered at most, those that are out of reach now included. */
const MAX_GUARDS = 6;

/**
 * The few first hops that a client keeps for long: a guard sees who its client is, so each new one is a new chance for
 * a watcher. Guards come in the order in which they were first chosen; one that is out of reach is passed over, not
 * forgotten, and one that left the network is forgotten. When there are too many, those kept longest stay.
 */
export class Guards {
  #keys: Pubkey[];
  readonly #random: Random;
  readonly #onChange: (keys: readonly Pubkey[]) => void;

  /** `onChange` is told the guards to remember for the next start. */
  constructor(options: { remembered: readonly Pubkey[]; random: Random }, onChange: (keys: readonly Pubkey[]) => void) {
    this.#keys = [...new Set(options.remembered)];
    this.#random = options.random;
    this.#onChange = onChange;
  }

  /** The first usable guard that fits, or a new random one; undefined when no node is left. */
  choose(pool: NodePool, fits: (node: ServiceNode) => boolean): ServiceNode | undefined {
    const usable = pool.usable().filter(fits);
    const known = this.#keys.flatMap((key) => usable.find((node) => node.pubkey === key) ?? []);
    if (known[0] !== undefined) return known[0];
    const fresh = pick(usable, this.#random);
    if (fresh !== undefined) this.#remember(fresh.pubkey, pool);
    return fresh;
  }

  #remember(key: Pubkey, pool: NodePool): void {
    const stillThere = this.#keys.filter((known) => pool.get(known) !== undefined && known !== key);
    this.#keys = [...stillThere.slice(0, MAX_GUARDS - 1), key];
    this.#onChange(this.#keys);
  }
}
