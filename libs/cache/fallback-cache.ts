import type { Logger } from "@swarmpost/runtime";
import type { BucketLimits, Cache } from "./cache.ts";
import { CacheError } from "./errors.ts";
import { MemoryCacheStore } from "./memory-cache.ts";
import { RedisCache, type RedisCacheOptions, type RedisState } from "./redis-cache.ts";

/** How the cache is reached, and what stands in for it. */
export interface FallbackCacheOptions extends RedisCacheOptions {
  /** Bound of the local filter; see `MemoryCacheOptions`. */
  readonly maxLocalEntries?: number;
  readonly logger?: Logger;
}

const PUSH_CHUNK = 500;
const EVENTS = { up: "cache_connected", refusing: "cache_refuses", gone: "cache_lost" } as const;

/**
 * Redis with a local stand-in. Every member is remembered locally too, so what was seen before Redis went away stays seen,
 * and a repeated member costs no round trip. When Redis is back, possibly empty, it is told what the local filter remembers.
 * What Redis refuses, the stand-in does too: a full Redis without eviction (`maxmemory` with `noeviction`) takes no new members.
 */
export class FallbackCache implements Cache {
  readonly #redis: RedisCache;
  readonly #local: MemoryCacheStore;
  readonly #logger: Logger | undefined;
  readonly #first = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: FallbackCacheOptions) {
    const { maxLocalEntries, logger } = options;
    this.#local = new MemoryCacheStore(maxLocalEntries === undefined ? {} : { maxEntries: maxLocalEntries });
    this.#logger = logger;
    this.#redis = new RedisCache(options, (state) => this.#changed(state));
  }

  get healthy(): boolean {
    return this.#redis.healthy;
  }

  get localEntries(): number {
    return this.#local.size;
  }

  /** Resolves true once Redis answers for the first time, or false after `timeoutMs`. */
  async connected(timeoutMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#first.resolve(), timeoutMs);
    await this.#first.promise;
    clearTimeout(timer);
    return this.healthy;
  }

  #changed(state: RedisState): void {
    this.#logger?.[state === "up" ? "info" : "warn"](EVENTS[state]);
    if (state !== "up") return;
    this.#first.resolve();
    void this.#push();
  }

  async #push(): Promise<void> {
    const members = [...this.#local.remembered()];
    for (let i = 0; i < members.length && !this.#closed; i += PUSH_CHUNK) {
      const chunk = members.slice(i, i + PUSH_CHUNK);
      const added = chunk.map(({ set, member, remainingMs }) => this.#redis.addOnce(set, member, remainingMs));
      const results = await Promise.allSettled(added);
      // Lost again: the next return of the server starts over.
      if (results.some((result) => result.status === "rejected")) return;
    }
  }

  async takeToken(key: string, limits: BucketLimits): Promise<boolean> {
    try {
      return await this.#redis.takeToken(key, limits);
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      return this.#local.takeToken(key, limits);
    }
  }

  async addOnce(set: string, member: Buffer, ttlMs: number): Promise<boolean> {
    if (!this.#local.addOnce(set, member, ttlMs)) return false;
    try {
      return await this.#redis.addOnce(set, member, ttlMs);
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      return true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#redis[Symbol.asyncDispose]();
  }
}

/** Opens a cache on Redis. Returns when Redis answers, or without it after a second: the local stand-in then does the work. */
export async function connectRedis(options: FallbackCacheOptions): Promise<Cache> {
  const cache = new FallbackCache(options);
  if (!(await cache.connected(1000))) options.logger?.warn("cache_lost");
  return cache;
}
