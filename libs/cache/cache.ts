/** A token bucket: holds at most `capacity` tokens, starts full and gains `refillPerSecond`. */
export interface BucketLimits {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Short-lived state that several requests share: rate limits and what was seen before. It forgets, and never fails a caller. */
export interface Cache extends AsyncDisposable {
  /** Takes one token of the bucket `key`; false when it is empty. */
  takeToken(key: string, limits: BucketLimits): Promise<boolean>;
  /** Adds a member to a set for `ttlMs` milliseconds; true when it was new, false when it is there already (its time is not extended). */
  addOnce(set: string, member: Buffer, ttlMs: number): Promise<boolean>;
  /** False while a local stand-in does the work of a lost server. */
  readonly healthy: boolean;
  /** Members that this process remembers by itself, whether or not a server does too; at most `MAX_LOCAL_ENTRIES` by default. */
  readonly localEntries: number;
}
