import { networkFromSeeds, SwarmpostClient } from "@swarmpost/client";
import type { Clock } from "@swarmpost/runtime";
import type { OwnRelays } from "./own-relays.ts";
import type { ProofBook } from "./proof-book.ts";
import { sample } from "./sample.ts";

/** As many seeds as a network file names: one may be away. */
const SEEDS = 3;
/** The node list, guards and paths are made anew so often, so that new nodes are used as new clients would. */
const RENEW_MS = 600_000;

/**
 * The canary's way into the network: a client like any other, whose seeds are nodes with a valid proof, of the own cluster
 * when it has enough of them.
 */
export class CanaryConnection implements AsyncDisposable {
  readonly #parts: { book: Pick<ProofBook, "all">; relays: Pick<OwnRelays, "owns">; clock: Clock };
  #client: SwarmpostClient | undefined;
  #connectedMs = 0;

  constructor(parts: { book: Pick<ProofBook, "all">; relays: Pick<OwnRelays, "owns">; clock: Clock }) {
    this.#parts = parts;
  }

  /** Whether any node is known to begin with. */
  get possible(): boolean {
    return !this.#parts.book.all().next().done;
  }

  /** A client whose node list is fresh. Not while another call or a request of the last client is under way. @throws ClientError */
  async client(): Promise<SwarmpostClient> {
    const nowMs = this.#parts.clock.now();
    if (this.#client !== undefined && nowMs - this.#connectedMs < RENEW_MS) return this.#client;
    const client = await SwarmpostClient.connect(networkFromSeeds(this.#seeds()), {
      now: () => this.#parts.clock.now(),
    });
    await this[Symbol.asyncDispose]();
    this.#connectedMs = nowMs;
    this.#client = client;
    return client;
  }

  /** The next client starts from the seeds again. */
  renew(): void {
    this.#connectedMs = 0;
  }

  /** Ends requests under way; they fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.[Symbol.asyncDispose]();
  }

  #seeds(): string[] {
    const { book, relays } = this.#parts;
    const all = [...book.all()].map(({ proof }) => proof);
    const own = all.filter((proof) => relays.owns(proof.pubkey));
    const seeds = sample(own.length >= SEEDS ? own : all, SEEDS);
    return seeds.map(({ pubkey, ip, httpsPort }) => `${pubkey}@https://${ip}:${httpsPort}`);
  }
}
