import type { Pubkey } from "@swarmpost/crypto";
import type { NodePool } from "./node-pool.ts";
import { pick, type Random } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";

/** How many guards are remembered at most, those that are out of reach now included. */
const MAX_GUARDS = 6;
/** Failures behind a guard, within the time below, after which others are preferred. */
const STRIKES = 3;
const STRIKE_MS = 60 * 60 * 1000;

/** What guards are made of. */
export interface GuardsOptions {
  /** Guards of an earlier run, longest kept first. */
  readonly remembered: readonly Pubkey[];
  readonly random: Random;
  /** This computer's clock, unix ms. */
  readonly now: () => number;
}

/**
 * The few first hops that a client keeps for long: a guard sees who its client is, so each new one is a new chance for
 * a watcher. Guards come in the order in which they were first chosen; one that is out of reach is passed over, not
 * forgotten, and one that left the network is forgotten. When there are too many, those kept longest stay.
 *
 * A guard behind which paths keep failing may be choosing who comes second: after three failures within an hour it is put
 * last, and used only when nothing else is left. A new node list does not clear it.
 */
export class Guards {
  #keys: Pubkey[];
  readonly #options: GuardsOptions;
  readonly #onChange: (keys: readonly Pubkey[]) => void;
  readonly #strikes = new Map<Pubkey, readonly number[]>();

  /** `onChange` is told the guards to remember for the next start. */
  constructor(options: GuardsOptions, onChange: (keys: readonly Pubkey[]) => void) {
    this.#keys = [...new Set(options.remembered)];
    this.#options = options;
    this.#onChange = onChange;
  }

  /** The first usable guard that fits, or a new random one, or one that was put last; undefined when no node is left. */
  choose(pool: NodePool, fits: (node: ServiceNode) => boolean): ServiceNode | undefined {
    const usable = pool.usable().filter(fits);
    const known = this.#keys.flatMap((key) => usable.find((node) => node.pubkey === key) ?? []);
    const trusted = known.find((node) => !this.#isSuspect(node.pubkey));
    if (trusted !== undefined) return trusted;
    const fresh = pick(
      usable.filter((node) => !this.#isSuspect(node.pubkey)),
      this.#options.random,
    );
    if (fresh !== undefined) this.#remember(fresh.pubkey, pool);
    return fresh ?? known[0] ?? usable[0];
  }

  /** Whether a node is one of the remembered guards. */
  includes(key: Pubkey): boolean {
    return this.#keys.includes(key);
  }

  /** Something behind the guard failed, and the guard may be guilty of it. */
  strike(key: Pubkey): void {
    this.#strikes.set(key, [...this.#recentStrikes(key), this.#options.now()]);
    if (!this.#isSuspect(key) || !this.#keys.includes(key) || this.#keys.at(-1) === key) return;
    this.#keys = [...this.#keys.filter((known) => known !== key), key];
    this.#onChange(this.#keys);
  }

  #isSuspect(key: Pubkey): boolean {
    return this.#recentStrikes(key).length >= STRIKES;
  }

  #recentStrikes(key: Pubkey): readonly number[] {
    const since = this.#options.now() - STRIKE_MS;
    return (this.#strikes.get(key) ?? []).filter((time) => time > since);
  }

  #remember(key: Pubkey, pool: NodePool): void {
    const stillThere = this.#keys.filter((known) => pool.get(known) !== undefined && known !== key);
    const trusted = stillThere.filter((known) => !this.#isSuspect(known));
    const suspect = stillThere.filter((known) => this.#isSuspect(known));
    this.#keys = [...trusted.slice(0, MAX_GUARDS - 1), key, ...suspect].slice(0, MAX_GUARDS);
    this.#onChange(this.#keys);
  }
}
