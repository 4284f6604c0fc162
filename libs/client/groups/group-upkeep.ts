import { type MessageHash, PRIVATE_MAX_TTL_MS } from "@swarmpost/storage-rpc";
import { extendMessages } from "../change-messages.ts";
import { ClientError } from "../client-error.ts";
import type { Credentials } from "../credentials.ts";
import type { CallOptions, Deadlines } from "../deadline.ts";
import type { NetworkClock } from "../network-clock.ts";
import type { SwarmRequests } from "../swarm-requests.ts";

/** Keys and configs live for 30 days: whoever reads the group has them stay, so that a quiet one is not lost. */
const EVERY_MS = 12 * 60 * 60 * 1000;
/** How soon it is tried again when it failed. */
const AGAIN_MS = 10 * 60 * 1000;

/** What upkeep works with. */
export interface GroupUpkeepParts {
  readonly swarm: SwarmRequests;
  readonly clock: NetworkClock;
  readonly deadlines: Deadlines;
  /** What has to stay, as the swarm holds it now. */
  readonly current: (signal: AbortSignal) => Promise<readonly MessageHash[]>;
  readonly onProblem: (message: string) => void;
}

/** Has a group's keys and configs stay in the swarm. */
export class GroupUpkeep {
  readonly #credentials: Credentials;
  readonly #parts: GroupUpkeepParts;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(credentials: Credentials, parts: GroupUpkeepParts) {
    this.#credentials = credentials;
    this.#parts = parts;
  }

  /** Does what is due, twice a day; what fails is told as a warning and tried again. */
  async keep(options: CallOptions): Promise<void> {
    const { clock, deadlines, current, swarm, onProblem } = this.#parts;
    if (clock.local() < this.#nextMs) return;
    this.#nextMs = clock.local() + AGAIN_MS;
    try {
      await deadlines.run(options, async (signal) => {
        const hashes = await current(signal);
        if (hashes.length === 0) return;
        await extendMessages(this.#credentials, { hashes, expiryMs: clock.now() + PRIVATE_MAX_TTL_MS, signal }, swarm);
      });
      this.#nextMs = clock.local() + EVERY_MS;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ClientError)) throw error;
      onProblem(`the group's keys and configs were not extended, which is tried again: ${error.message}`);
    }
  }
}
