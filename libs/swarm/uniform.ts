import type { Mt19937_64 } from "./mt19937-64.ts";

const MAX = 2n ** 64n - 1n;

/**
 * A number from 0 to n−1, every one equally likely. Rule of oxen-core `common/random.cpp`
 * (`uniform_distribution_portable`): draws past the largest multiple of n are thrown away, the rest is divided.
 * @param n 1 … 2^64−1.
 */
export function uniform(rng: Mt19937_64, n: bigint): bigint {
  const limit = MAX - (MAX % n);
  let drawn = rng.next();
  while (drawn >= limit) drawn = rng.next();
  return drawn / (limit / n);
}

/**
 * A copy of a list in random order. Rule of oxen-core `common/random.h` (`shuffle_portable`): inside-out
 * Fisher–Yates from the front.
 */
export function shuffle<T>(rng: Mt19937_64, items: readonly T[]): T[] {
  const shuffled = [...items];
  for (let i = 1; i < shuffled.length; i++) {
    const j = Number(uniform(rng, BigInt(i + 1)));
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}
