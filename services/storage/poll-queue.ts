import type { Database } from "@swarmpost/postgres";
import { Batcher, type Clock } from "@swarmpost/runtime";
import { StorageError } from "./errors.ts";
import { type HeavyPoll, type Poll, type PollResult, runHeavyPolls, runPolls } from "./poll-statement.ts";

const MAX_BATCH = 128;
/** Bytes of bodies in one statement, and so in memory at once; one poll may ask for nearly as many. */
const HEAVY_BATCH_BYTES = 8 * 1024 * 1024;
/** Heavy polls that wait, by their bytes: more would not be answered in time anyway. */
const HEAVY_QUEUE_BYTES = 256 * 1024 * 1024;

interface Options {
  readonly gatherMs: number;
  readonly maxQueue: number;
}

interface Parts {
  readonly database: Database;
  readonly clock: Clock;
}

/**
 * Gathers polls, the commonest request of all, into one statement. Polls with many bytes behind them go a way of their own,
 * a few at a time: nearly all polls are empty or small and must not wait behind them, nor may they fill the memory.
 */
export class PollQueue implements AsyncDisposable {
  readonly #forward: Lanes;
  readonly #backward: Lanes;

  constructor(options: Options, parts: Parts) {
    this.#forward = new Lanes(options, parts);
    this.#backward = new Lanes(options, parts);
  }

  /** @throws StorageError "unavailable". */
  async poll(poll: Poll): Promise<PollResult> {
    try {
      return await (poll.reverse ? this.#backward : this.#forward).poll(poll);
    } catch (error) {
      throw new StorageError("unavailable", "a poll failed", { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#forward[Symbol.asyncDispose](), this.#backward[Symbol.asyncDispose]()]);
  }
}

/** Both ways of the polls of one direction. */
class Lanes implements AsyncDisposable {
  readonly #light: Batcher<Poll, PollResult | HeavyPoll>;
  readonly #heavy: Batcher<HeavyPoll, PollResult | HeavyPoll>;

  constructor({ gatherMs, maxQueue }: Options, { database, clock }: Parts) {
    const limits = { maxBatch: MAX_BATCH, maxQueue };
    const weights = { maxBatchWeight: HEAVY_BATCH_BYTES, maxQueueWeight: HEAVY_QUEUE_BYTES };
    this.#light = new Batcher({ ...limits, maxDelayMs: gatherMs }, (polls) => runPolls(database, polls, clock.now()));
    this.#heavy = new Batcher({ ...limits, ...weights, maxDelayMs: 0, weigh: (heavy) => heavy.bytes }, (heavy) =>
      runHeavyPolls(database, heavy, clock.now()),
    );
  }

  async poll(poll: Poll): Promise<PollResult> {
    let result = await this.#light.add(poll);
    // What comes in between can make it longer, until the walk is as long as the poll may ask for.
    while ("poll" in result) result = await this.#heavy.add(result);
    return result;
  }

  /** Refuses new polls; those on their way to the second statement find it closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#light[Symbol.asyncDispose]();
    await this.#heavy[Symbol.asyncDispose]();
  }
}
