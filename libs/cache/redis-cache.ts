import { Redis } from "ioredis";
import type { BucketLimits } from "./cache.ts";
import { CacheError } from "./errors.ts";

// One bucket is a hash of its tokens (n) and the time they were counted (t, ms of the server's clock, so that all users agree).
const TAKE_TOKEN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local capacity = tonumber(ARGV[1])
local rate = tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'n', 't')
local tokens = tonumber(bucket[1]) or capacity
local since = tonumber(bucket[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - since) * rate / 1000)
local allowed = 0
if tokens >= 1 then tokens = tokens - 1; allowed = 1 end
redis.call('HSET', KEYS[1], 'n', tostring(tokens), 't', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return allowed
`;

/** How a Redis server is reached. */
export interface RedisCacheOptions {
  /** `redis://host:port/database` (or `rediss://`). */
  readonly url: string;
  /** How long one command may take before the server counts as gone; 500 by default. */
  readonly commandTimeoutMs?: number;
}

const PROBE_MS = 250;
const DAY_MS = 86_400_000;

/**
 * Rate limits and seen members in Redis. While the server is gone every call fails at once with CacheError `unavailable`,
 * so that nobody waits for it; it is asked again every 250 ms.
 */
export class RedisCache implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #onChange: (healthy: boolean) => void;
  #healthy = false;
  #closed = false;
  #probe: NodeJS.Timeout | undefined;

  /** `onChange` hears when the server is lost and when it is back. */
  constructor(options: RedisCacheOptions, onChange: (healthy: boolean) => void) {
    this.#onChange = onChange;
    this.#redis = new Redis(options.url, {
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      // A command that may have been done must not be sent again: the second SET NX would call a new member old.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: options.commandTimeoutMs ?? 500,
      connectTimeout: 5000,
      retryStrategy: (attempt) => Math.min(2000, 50 * 2 ** Math.min(attempt, 6)),
    });
    this.#redis.on("error", () => {}); // every failure also ends a command or the connection
    this.#redis.on("ready", () => this.#became(true));
    this.#redis.on("close", () => this.#became(false));
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  #became(healthy: boolean): void {
    if (this.#closed || this.#healthy === healthy) return;
    this.#healthy = healthy;
    this.#onChange(healthy);
  }

  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#healthy) throw new CacheError("unavailable", "the cache server is not connected");
    try {
      return await command(this.#redis);
    } catch (cause) {
      this.#became(false);
      this.#scheduleProbe();
      throw new CacheError("unavailable", "the cache server did not answer", { cause });
    }
  }

  /** A server that hangs keeps its connection: only asking again shows that it is back. */
  #scheduleProbe(): void {
    if (this.#closed || this.#probe !== undefined) return;
    this.#probe = setTimeout(() => void this.#ping(), PROBE_MS).unref();
  }

  async #ping(): Promise<void> {
    const answered = this.#redis.status === "ready" && (await this.#redis.ping().then(Boolean, () => false));
    this.#probe = undefined;
    if (answered) this.#became(true);
    else if (!this.#healthy) this.#scheduleProbe();
  }

  /** See `Cache.takeToken`. @throws CacheError `unavailable` */
  async takeToken(key: string, { capacity, refillPerSecond }: BucketLimits): Promise<boolean> {
    const keepMs = refillPerSecond > 0 ? Math.ceil((capacity / refillPerSecond) * 1000) + 1000 : DAY_MS;
    const allowed = await this.#ask((redis) =>
      redis.eval(TAKE_TOKEN, 1, `bucket:${key}`, capacity, refillPerSecond, keepMs),
    );
    return allowed === 1;
  }

  /** See `Cache.addOnce`. @throws CacheError `unavailable` */
  async addOnce(set: string, member: Buffer, ttlMs: number): Promise<boolean> {
    const key = Buffer.concat([Buffer.from(`seen:${set}:`), member]);
    const added = await this.#ask((redis) => redis.set(key, "1", "PX", Math.max(1, Math.ceil(ttlMs)), "NX"));
    return added === "OK";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#healthy = false;
    clearTimeout(this.#probe);
    this.#redis.disconnect();
  }
}
