import { lookup } from "node:dns/promises";
import type { Pubkey } from "@swarmpost/crypto";
import { type Clock, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import { type Address, addressText } from "./config-values.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import { OwnRelay } from "./own-relay.ts";
import type { ProofBook } from "./proof-book.ts";

/** Which relays are the own cluster's, and how often they are asked. */
export interface OwnRelaysOptions {
  readonly relays: readonly Address[];
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
    const { relays, intervalMs, checkMs } = this.#options;
    const found = await Promise.all(relays.map((relay) => this.#addressesOf(relay)));
    const wanted = new Set(found.flatMap((addresses) => addresses ?? []));
    for (const address of wanted) {
      if (!this.#relays.has(address)) {
        this.#relays.set(address, new OwnRelay({ address, intervalMs, checkMs }, this.#parts));
      }
    }
    // A name server that is away is no reason to give up relays that answer.
    if (found.every((addresses) => addresses !== undefined)) await this.#keepOnly(wanted);
    this.#count();
    return checkMs;
  }

  async #keepOnly(wanted: ReadonlySet<string>): Promise<void> {
    for (const [address, relay] of this.#relays) {
      if (wanted.has(address)) continue;
      this.#relays.delete(address);
      await relay[Symbol.asyncDispose]();
    }
  }

  async #addressesOf({ host, port }: Address): Promise<string[] | undefined> {
    try {
      const addresses = await lookup(host, { all: true });
      return addresses.map(({ address }) => addressText({ host: address, port }));
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
