import { Redis, ReplyError } from "ioredis";
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
  /** A server counts as refusing until it has refused nothing for this long; 5,000 by default. */
  readonly refusalMs?: number;
}

/** `refusing`: it answers, but with errors to some commands. */
export type RedisState = "up" | "refusing" | "gone";

const PROBE_MS = 250;
const DAY_MS = 86_400_000;

/**
 * Rate limits and seen members in Redis. While the server is gone every call fails at once with CacheError `unavailable`,
 * so that nobody waits for it; it is asked again every 250 ms. A server that answers with errors is asked on: it may be full
 * for one command and not for the next. Only its health says so, and not more often than `refusalMs`.
 */
export class RedisCache implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #onChange: (state: RedisState) => void;
  readonly #refusalMs: number;
  #state: RedisState = "gone";
  #connected = false;
  #refusedMs = Number.NEGATIVE_INFINITY;
  #calm: NodeJS.Timeout | undefined;
  #closed = false;
  #probe: NodeJS.Timeout | undefined;

  /** `onChange` hears when the server is lost or refuses, and when all is well again. */
  constructor(options: RedisCacheOptions, onChange: (state: RedisState) => void) {
    this.#onChange = onChange;
    this.#refusalMs = options.refusalMs ?? 5_000;
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
    return this.#state === "up";
  }

  #became(connected: boolean): void {
    this.#connected = connected;
    this.#tell();
  }

  #tell(): void {
    const refusing = this.#calm !== undefined;
    const state = !this.#connected ? "gone" : refusing ? "refusing" : "up";
    if (this.#closed || this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }

  #refused(): void {
    this.#refusedMs = performance.now();
    if (this.#closed || this.#calm !== undefined) return;
    this.#awaitCalm(this.#refusalMs);
    this.#tell();
  }

  #awaitCalm(ms: number): void {
    this.#calm = setTimeout(() => {
      const leftMs = this.#refusedMs + this.#refusalMs - performance.now();
      if (leftMs > 0) return this.#awaitCalm(leftMs);
      this.#calm = undefined;
      this.#tell();
    }, ms).unref();
  }

  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#connected) throw new CacheError("unavailable", "the cache server is not connected");
    try {
      return await command(this.#redis);
    } catch (cause) {
      if (cause instanceof ReplyError) {
        this.#refused();
        throw new CacheError("refused", "the cache server refused the command", { cause });
      }
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
    else if (!this.#connected) this.#scheduleProbe();
  }

  /** See `Cache.takeToken`. @throws CacheError */
  async takeToken(key: string, { capacity, refillPerSecond }: BucketLimits): Promise<boolean> {
    const keepMs = refillPerSecond > 0 ? Math.ceil((capacity / refillPerSecond) * 1000) + 1000 : DAY_MS;
    const allowed = await this.#ask((redis) =>
      redis.eval(TAKE_TOKEN, 1, `bucket:${key}`, capacity, refillPerSecond, keepMs),
    );
    return allowed === 1;
  }

  /** See `Cache.addOnce`. @throws CacheError */
  async addOnce(set: string, member: Buffer, ttlMs: number): Promise<boolean> {
    const key = Buffer.concat([Buffer.from(`seen:${set}:`), member]);
    const added = await this.#ask((redis) => redis.set(key, "1", "PX", Math.max(1, Math.ceil(ttlMs)), "NX"));
    return added === "OK";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    this.#state = "gone";
    clearTimeout(this.#probe);
    clearTimeout(this.#calm);
    this.#redis.disconnect();
  }
}
