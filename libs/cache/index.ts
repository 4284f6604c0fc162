export type { BucketLimits, Cache } from "./cache.ts";
export { CacheError, type CacheErrorCode } from "./errors.ts";
export { connectRedis, FallbackCache, type FallbackCacheOptions } from "./fallback-cache.ts";
export { type MemoryCacheOptions, MemoryCacheStore } from "./memory-cache.ts";
