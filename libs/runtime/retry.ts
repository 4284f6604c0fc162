import { setTimeout as delay } from "node:timers/promises";

/** Bounds of the wait between two attempts, in milliseconds. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** Told about each failure, before the wait. */
  readonly onFailure?: (error: unknown, attempt: number) => void;
}

/** Waits `ms` milliseconds. Rejects with an `AbortError` as soon as `signal` is aborted. Keeps the process alive. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
}

/** The wait after failure number `attempt` (1 is the first): doubles from `minMs` to `maxMs`, then a random 50–100 % of it. */
export function backoff(attempt: number, options: { minMs: number; maxMs: number }, random = Math.random): number {
  const full = Math.min(options.maxMs, options.minMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random() / 2));
}

/** Calls `fn` until it succeeds and returns its result; rejects only with an `AbortError`, when `signal` is aborted. */
export async function retryForever<T>(
  signal: AbortSignal,
  options: BackoffOptions,
  fn: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      signal.throwIfAborted();
      options.onFailure?.(error, attempt);
      await sleep(backoff(attempt, options), signal);
    }
  }
}
