import type { Database } from "@swarmpost/postgres";
import { Batcher, type Clock } from "@swarmpost/runtime";
import { StorageError } from "./errors.ts";
import { type Poll, type PollResult, runPolls } from "./poll-statement.ts";

const MAX_BATCH = 128;

/** Gathers polls, the commonest request of all, into one statement. */
export class PollQueue implements AsyncDisposable {
  readonly #forward: Batcher<Poll, PollResult>;
  readonly #backward: Batcher<Poll, PollResult>;

  constructor(options: { gatherMs: number; maxQueue: number }, parts: { database: Database; clock: Clock }) {
    const limits = { maxBatch: MAX_BATCH, maxDelayMs: options.gatherMs, maxQueue: options.maxQueue };
    const work = (polls: Poll[]) => runPolls(parts.database, polls, parts.clock.now());
    this.#forward = new Batcher(limits, work);
    this.#backward = new Batcher(limits, work);
  }

  /** @throws StorageError "unavailable". */
  async poll(poll: Poll): Promise<PollResult> {
    try {
      return await (poll.reverse ? this.#backward : this.#forward).add(poll);
    } catch (error) {
      throw new StorageError("unavailable", "a poll failed", { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#forward[Symbol.asyncDispose](), this.#backward[Symbol.asyncDispose]()]);
  }
}
