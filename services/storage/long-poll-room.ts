import type { Poll, PollResult } from "./poll-statement.ts";

/**
 * Why a waiting reader looks up: a message was committed; who may read may have changed; the node is shutting down.
 * The later in this order, the more it matters.
 */
export type Wakeup = "stored" | "rights" | "closing";

const ORDER: readonly Wakeup[] = ["stored", "rights", "closing"];

/** What a room does with a reader. */
export interface Sleeper {
  wake(why: Wakeup): void;
}

/** A look into the database that several readers share. */
interface Look {
  /** How many commits the room had seen when it began: what came later may not be in it. */
  readonly commits: number;
  readonly page: Promise<PollResult>;
}

/** Those who wait for messages of one account and namespace. */
export class LongPollRoom {
  readonly account: Buffer;
  readonly #sleepers = new Set<Sleeper>();
  readonly #looks = new Map<string, Look>();
  #commits = 0;

  /** @param account 33 bytes. */
  constructor(account: Buffer) {
    this.account = account;
  }

  get empty(): boolean {
    return this.#sleepers.size === 0;
  }

  add(sleeper: Sleeper): void {
    this.#sleepers.add(sleeper);
  }

  remove(sleeper: Sleeper): void {
    this.#sleepers.delete(sleeper);
  }

  wake(why: Wakeup): void {
    if (why === "stored") this.#commits++;
    for (const sleeper of this.#sleepers) sleeper.wake(why);
  }

  /** A page as of now; those who ask for the same one while it is read get the same. */
  look(poll: Poll, read: (poll: Poll) => Promise<PollResult>): Promise<PollResult> {
    const name = nameOf(poll);
    const running = this.#looks.get(name);
    if (running?.commits === this.#commits) return running.page;
    const look = { commits: this.#commits, page: read(poll) };
    this.#looks.set(name, look);
    const forget = () => {
      if (this.#looks.get(name) === look) this.#looks.delete(name);
    };
    look.page.then(forget, forget);
    return look.page;
  }
}

/** The more important of two reasons. */
export function weightier(one: Wakeup | undefined, two: Wakeup): Wakeup {
  return one !== undefined && ORDER.indexOf(one) > ORDER.indexOf(two) ? one : two;
}

function nameOf({ lastHash, maxCount, maxSize, reverse }: Poll): string {
  return `${lastHash?.toString("latin1") ?? ""} ${maxCount} ${maxSize} ${reverse}`;
}
