import type { BusStats, MessageHandler } from "./bus.ts";

/** The counters behind `BusStats`. */
export type MutableStats = { -readonly [K in keyof BusStats]: BusStats[K] };

/** Messages that wait for one slow handler; more are dropped, the newest first. */
const MAX_WAITING = 10_000;

/** Hands messages to one handler, one after the other, and contains what it throws. */
export class Delivery {
  readonly #handler: MessageHandler;
  readonly #stats: MutableStats;
  readonly #waiting: [Buffer, string][] = [];
  #busy = false;
  #closed = false;

  constructor(handler: MessageHandler, stats: MutableStats) {
    this.#handler = handler;
    this.#stats = stats;
  }

  deliver(payload: Buffer, subject: string): void {
    if (this.#closed) return;
    if (!this.#busy) this.#call(payload, subject);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push([payload, subject]);
    else this.#stats.dropped++;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #call(payload: Buffer, subject: string): void {
    this.#stats.received++;
    try {
      const result = this.#handler(payload, subject);
      if (result instanceof Promise) void this.#settle(result);
    } catch {
      this.#stats.handlerFailures++;
    }
  }

  async #settle(first: Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await first;
    } catch {
      this.#stats.handlerFailures++;
    }
    this.#busy = false;
    while (!this.#busy) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#call(...next);
    }
  }
}
