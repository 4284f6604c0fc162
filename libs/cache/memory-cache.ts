import { LRUCache } from "lru-cache";
import type { BucketLimits, Cache } from "./cache.ts";

/** What a process remembers by itself at most, about 40 MB when full; the oldest go first. */
export const MAX_LOCAL_ENTRIES = 200_000;

/** Bounds of a `MemoryCacheStore`. */
export interface MemoryCacheOptions {
  /** Most remembered members, and most buckets; the least recently used go first. `MAX_LOCAL_ENTRIES` by default. */
  readonly maxEntries?: number;
  /** Milliseconds, for tests; the machine's monotonic clock by default. */
  readonly clock?: { now(): number };
}

/** A member that is still remembered. */
export interface RememberedMember {
  readonly set: string;
  readonly member: Buffer;
  readonly remainingMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** The Redis of a one-process network, and the stand-in when Redis is gone: bounded, in memory. */
export class MemoryCacheStore {
  readonly #clock: { now(): number };
  readonly #seen: LRUCache<string, true>;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor(options: MemoryCacheOptions = {}) {
    this.#clock = options.clock ?? performance;
    const perf = { now: () => this.#clock.now() };
    // Bounded by size and not by number: the package sets aside all slots of a bound number at once.
    const bound = {
      maxSize: options.maxEntries ?? MAX_LOCAL_ENTRIES,
      sizeCalculation: () => 1,
      perf,
      ttlResolution: 0,
    };
    this.#seen = new LRUCache(bound);
    this.#buckets = new LRUCache(bound);
  }

  /** A view of the shared state; disposing it leaves the state to the other views. */
  connect(): Cache {
    const entries = () => this.size;
    return {
      healthy: true,
      get localEntries() {
        return entries();
      },
      takeToken: async (key, limits) => this.takeToken(key, limits),
      addOnce: async (set, member, ttlMs) => this.addOnce(set, member, ttlMs),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  takeToken(key: string, { capacity, refillPerSecond }: BucketLimits): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, atMs: now };
    const gained = (Math.max(0, now - bucket.atMs) * refillPerSecond) / 1000;
    const tokens = Math.min(capacity, bucket.tokens + gained);
    const allowed = tokens >= 1;
    const fullAgainMs = refillPerSecond > 0 ? (capacity / refillPerSecond) * 1000 : 86_400_000;
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, atMs: now }, { ttl: Math.ceil(fullAgainMs) + 1 });
    return allowed;
  }

  addOnce(set: string, member: Buffer, ttlMs: number): boolean {
    const key = `${set}\n${member.toString("latin1")}`;
    if (this.#seen.has(key)) return false;
    this.#seen.set(key, true, { ttl: Math.max(1, ttlMs) });
    return true;
  }

  /** What `addOnce` still remembers, the oldest last. */
  *remembered(): Generator<RememberedMember> {
    for (const key of this.#seen.keys()) {
      const end = key.indexOf("\n");
      const remainingMs = this.#seen.getRemainingTTL(key);
      if (remainingMs > 0)
        yield { set: key.slice(0, end), member: Buffer.from(key.slice(end + 1), "latin1"), remainingMs };
    }
  }

  /** Remembered members. */
  get size(): number {
    this.#seen.purgeStale();
    return this.#seen.size;
  }
}
