import { orAborted } from "./deadline.ts";
import type { Random } from "./path.ts";

const FIRST_MS = 100;
const MOST_MS = 5_000;

/** How long to wait after the n-th try (from 1) failed, ms: doubles up to 5 s, half of it by chance so that clients part. */
export function backOffMs(attempt: number, random: Random): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return most / 2 + random(most / 2 + 1);
}

/** Waits after the n-th try failed. Throws the signal's reason when it aborts. */
export async function backOff(attempt: number, random: Random, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, backOffMs(attempt, random));
  try {
    await orAborted(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
