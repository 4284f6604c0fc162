import { ClientError } from "./client-error.ts";

/** How long a call may take, and who may end it. */
export interface CallOptions {
  /** Ends the call at once: it rejects with the signal's reason. What is under way on nodes may still happen. */
  readonly signal?: AbortSignal;
  /** How long the call may take with all its tries, ms; the client's own `deadlineMs` by default. */
  readonly deadlineMs?: number;
}

/** How long a call takes at most, ms: three onions that nobody answers, and then one that somebody does, in time. */
export const DEADLINE_MS = 60_000;

/** How long a call that carries a file takes at most, ms. */
export const FILE_DEADLINE_MS = 180_000;

/** The platform's timers take no more, ms: a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Gives the calls of one client their deadline, and ends them with the client. */
export class Deadlines {
  readonly #defaultMs: number;
  readonly #end = new AbortController();

  constructor(options: { readonly defaultMs: number }) {
    this.#defaultMs = options.defaultMs;
  }

  /** The client is disposed of: what is under way, and what comes, rejects with ClientError "client-closed". */
  close(): void {
    this.#end.abort(new ClientError("client-closed", "the client was closed while this was under way"));
  }

  /** A signal that aborts with the given one, and when the client is disposed of. */
  untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
  }

  /**
   * Does something that ends when its signal aborts. Rejects with ClientError "timed-out" after the deadline, with the
   * caller's reason when that one aborts, and as `close` says, at once in each case; `leastMs` is what this kind of call has by default at least.
   */
  async run<T>(options: CallOptions, act: (signal: AbortSignal) => Promise<T>, leastMs = 0): Promise<T> {
    const open = this.untilClosed(options.signal);
    open.throwIfAborted();
    const ms = options.deadlineMs ?? Math.max(this.#defaultMs, leastMs);
    const end = new AbortController();
    const late = new ClientError("timed-out", `not done within ${ms / 1000} s: the network is slow or away; try again`);
    const timer = setTimeout(() => end.abort(late), Math.min(ms, LONGEST_TIMER_MS));
    const signal = AbortSignal.any([open, end.signal]);
    const given = new AbortController();
    // What is under way may know more of why nothing came of it: it has a turn to say so.
    const giveUp = (): unknown => setImmediate(() => given.abort(signal.reason));
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await orAborted(act(signal), given.signal);
    } finally {
      signal.removeEventListener("abort", giveUp);
      clearTimeout(timer);
    }
  }

  /** What is left of a call's deadline, ms; `started` as `performance.now()` told it. */
  leftMs({ deadlineMs = this.#defaultMs }: CallOptions, started: number): number {
    return Math.max(0, deadlineMs - (performance.now() - started));
  }
}

/** The promise's outcome, or the signal's reason as soon as that aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
