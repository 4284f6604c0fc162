import { LongPollRoom, type Wakeup } from "./long-poll-room.ts";
import { LongPollWait } from "./long-poll-wait.ts";
import type { Poll, PollResult } from "./poll-statement.ts";

/** Bounds of what waits on a node. */
export interface LongPollOptions {
  readonly maxReaders: number;
  readonly maxReadersPerCaller: number;
}

/**
 * The readers that wait for messages (docs/protocol/long-poll.md). Commits wake them, however they came about. Kept in memory
 * while somebody waits, and not a moment longer: accounts, and who counts as a caller.
 */
export class LongPolls implements Disposable {
  readonly #options: LongPollOptions;
  readonly #read: (poll: Poll) => Promise<PollResult>;
  readonly #rooms = new Map<string, LongPollRoom>();
  readonly #callers = new Map<string, number>();
  #readers = 0;
  #closed = false;

  /** @param parts.read looks into the database; asked once for all who want the same page at the same time. */
  constructor(options: LongPollOptions, parts: { readonly read: (poll: Poll) => Promise<PollResult> }) {
    this.#options = options;
    this.#read = parts.read;
  }

  /** How many readers wait. */
  get readers(): number {
    return this.#readers;
  }

  /** How many accounts, namespaces and callers are known; 0 when nobody waits. */
  get remembered(): number {
    return this.#rooms.size + this.#callers.size;
  }

  /**
   * Begins a wait, to be disposed; undefined when there are too many. It must begin before the first look: what is committed
   * after that look wakes it.
   * @param caller who counts as one caller; any text.
   */
  enter(poll: Poll, caller: string): LongPollWait | undefined {
    const { maxReaders, maxReadersPerCaller } = this.#options;
    const own = this.#callers.get(caller) ?? 0;
    if (this.#closed || this.#readers >= maxReaders || own >= maxReadersPerCaller) return undefined;
    this.#readers++;
    this.#callers.set(caller, own + 1);
    const key = keyOf(poll.account, poll.namespace);
    const room = this.#rooms.get(key) ?? new LongPollRoom(poll.account);
    this.#rooms.set(key, room);
    return new LongPollWait(poll, { room, read: this.#read, left: () => this.#left(key, caller) });
  }

  #left(key: string, caller: string): void {
    this.#readers--;
    const own = (this.#callers.get(caller) ?? 1) - 1;
    if (own === 0) this.#callers.delete(caller);
    else this.#callers.set(caller, own);
    if (this.#rooms.get(key)?.empty === true) this.#rooms.delete(key);
  }

  /** To be called when a message of this account and namespace can be read. @param account 33 bytes. */
  stored(account: Buffer, namespace: number): void {
    if (this.#rooms.size > 0) this.#rooms.get(keyOf(account, namespace))?.wake("stored");
  }

  /** To be called when it may have changed who may read these accounts here. */
  recheck(concerns: (account: Buffer) => boolean): void {
    this.#wake("rights", concerns);
  }

  /** Ends all waits, and lets none begin. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#wake("closing", () => true);
  }

  #wake(why: Wakeup, concerns: (account: Buffer) => boolean): void {
    for (const room of this.#rooms.values()) if (concerns(room.account)) room.wake(why);
  }
}

function keyOf(account: Buffer, namespace: number): string {
  return `${account.toString("latin1")}${namespace}`;
}
