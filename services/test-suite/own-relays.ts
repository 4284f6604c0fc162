import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Pubkey } from "@swarmpost/crypto";
import { type Clock, type ClusterTls, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import { type Address, addressText } from "./config-values.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import { OwnRelay } from "./own-relay.ts";
import type { ProofBook } from "./proof-book.ts";

/** Which relays are the own cluster's, and how often they are asked. */
export interface OwnRelaysOptions {
  readonly relays: readonly Address[];
  /** What this service shows its relays and whom it believes, PEM; plain when absent. */
  readonly tls?: ClusterTls | undefined;
  readonly intervalMs: number;
  readonly checkMs: number;
}

/** What the relays work with. */
export interface OwnRelaysParts {
  readonly book: ProofBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: TestSuiteMetrics;
}

/** The relays of the own cluster. Names are resolved again and again: pods come and go behind them. */
export class OwnRelays implements AsyncDisposable {
  readonly #options: OwnRelaysOptions;
  readonly #parts: OwnRelaysParts;
  readonly #relays = new Map<string, OwnRelay>();
  readonly #loop: WakeableLoop;

  constructor(options: OwnRelaysOptions, parts: OwnRelaysParts) {
    this.#options = options;
    this.#parts = parts;
    this.#loop = new WakeableLoop(() => this.#resolve());
  }

  /** Whether a node is the own cluster's. */
  owns(node: Pubkey): boolean {
    return this.relayOf(node) !== undefined;
  }

  relayOf(node: Pubkey): OwnRelay | undefined {
    return this.#relays.values().find((relay) => relay.node === node);
  }

  /** A relay that signed when last asked; undefined when there is none. */
  anySigning(): OwnRelay | undefined {
    const signing = [...this.#relays.values()].filter((relay) => relay.signing);
    return signing[Math.floor(Math.random() * signing.length)];
  }

  /** Asks all relays now whose node has no proof yet. */
  wake(): void {
    for (const relay of this.#relays.values()) {
      if (relay.node === undefined || !this.#parts.book.get(relay.node)) relay.wake();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await Promise.all(this.#relays.values().map((relay) => relay[Symbol.asyncDispose]()));
  }

  async #resolve(): Promise<number> {
    const { relays, ...options } = this.#options;
    const found = await Promise.all(relays.map((relay) => this.#addressesOf(relay)));
    const wanted = new Map(found.flatMap((addresses) => addresses ?? []));
    for (const [address, serverName] of wanted) {
      if (!this.#relays.has(address)) {
        this.#relays.set(address, new OwnRelay({ ...options, address, serverName }, this.#parts));
      }
    }
    // A name server that is away is no reason to give up relays that answer.
    if (found.every((addresses) => addresses !== undefined)) await this.#keepOnly(wanted);
    this.#count();
    return options.checkMs;
  }

  async #keepOnly(wanted: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [address, relay] of this.#relays) {
      if (wanted.has(address)) continue;
      this.#relays.delete(address);
      await relay[Symbol.asyncDispose]();
    }
  }

  /** Each address with the name it was found by; an address that was given as such has none. */
  async #addressesOf({ host, port }: Address): Promise<[string, string | undefined][] | undefined> {
    try {
      const addresses = await lookup(host, { all: true });
      const name = isIP(host) ? undefined : host;
      return addresses.map(({ address }) => [addressText({ host: address, port }), name]);
    } catch (error) {
      this.#parts.logger.warn("relay_name_unresolved", errorFields(error));
      return undefined;
    }
  }

  #count(): void {
    const signing = [...this.#relays.values()].filter((relay) => relay.signing).length;
    this.#parts.metrics.relays.set({ state: "signing" }, signing);
    this.#parts.metrics.relays.set({ state: "silent" }, this.#relays.size - signing);
  }
}
