import { type LongPollRoom, type Sleeper, type Wakeup, weightier } from "./long-poll-room.ts";
import type { Poll, PollResult } from "./poll-statement.ts";

/** What a wait needs. */
export interface LongPollWaitParts {
  readonly room: LongPollRoom;
  readonly read: (poll: Poll) => Promise<PollResult>;
  /** Called once, when the wait ends. */
  readonly left: () => void;
}

/** One reader's wait, from before its first look to its end. What happens between two questions is not lost. */
export class LongPollWait implements Sleeper, Disposable {
  readonly #poll: Poll;
  readonly #parts: LongPollWaitParts;
  #happened: Wakeup | undefined;
  #wokenAt: number | undefined;
  #resume: (() => void) | undefined;

  constructor(poll: Poll, parts: LongPollWaitParts) {
    this.#poll = poll;
    this.#parts = parts;
    parts.room.add(this);
  }

  /** When a commit woke this reader last, of `performance.now()`. */
  get wokenAt(): number | undefined {
    return this.#wokenAt;
  }

  wake(why: Wakeup): void {
    this.#happened = weightier(this.#happened, why);
    if (why === "stored") this.#wokenAt = performance.now();
    this.#resume?.();
  }

  /** The page as of now. @throws StorageError "unavailable". */
  look(): Promise<PollResult> {
    return this.#parts.room.look(this.#poll, this.#parts.read);
  }

  /** Resolves with what happened since the last question, as soon as something did; with `over` after `ms` or on `enough`. */
  async next(ms: number, enough: AbortSignal): Promise<Wakeup | "over"> {
    if (this.#happened === undefined && ms > 0 && !enough.aborted) await this.#sleep(ms, enough);
    const happened = this.#happened;
    this.#happened = undefined;
    return happened ?? "over";
  }

  #sleep(ms: number, enough: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        enough.removeEventListener("abort", end);
        this.#resume = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      enough.addEventListener("abort", end);
      this.#resume = end;
    });
  }

  [Symbol.dispose](): void {
    this.#parts.room.remove(this);
    this.#parts.left();
  }
}
