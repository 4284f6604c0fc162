import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Redis } from "ioredis";
import { createLogger } from "@swarmpost/runtime";
import { eventually, type RedisServer, startRedis } from "@swarmpost/testkit";
import type { Cache } from "./cache.ts";
import { cacheContract } from "./cache-contract.ts";
import { connectRedis } from "./fallback-cache.ts";

cacheContract(
  "a real Redis server",
  async () => {
    const server = await startRedis();
    return {
      connect: () => connectRedis({ url: server.url }),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  eventually,
);

const limits = { capacity: 5, refillPerSecond: 0.001 };

describe("a cache whose Redis goes away", () => {
  let server: RedisServer;
  before(async () => void (server = await startRedis()));
  after(async () => await server?.[Symbol.asyncDispose]());

  test("the local filter goes on, knows what was seen before, and tells Redis when it is back", async () => {
    await using cache = await connectRedis({ url: server.url });
    const [earlier, during] = [randomBytes(32), randomBytes(32)];
    assert.equal(await cache.addOnce("seen", earlier, 60_000), true);
    await server.kill();
    assert.equal(await cache.addOnce("seen", during, 60_000), true);
    await eventually(() => assert.equal(cache.healthy, false));
    assert.equal(await cache.addOnce("seen", during, 60_000), false);
    assert.equal(await cache.addOnce("seen", earlier, 60_000), false);
    const taken = await Promise.all([1, 2, 3, 4, 5, 6].map(() => cache.takeToken("k", limits)));
    assert.deepEqual(taken, [true, true, true, true, true, false]);

    await server.start();
    await eventually(() => assert.equal(cache.healthy, true));
    // Redis came back empty; another user, such as this relay after a restart, must still be told "seen".
    await using restarted = await connectRedis({ url: server.url });
    await eventually(async () => {
      assert.equal(await restarted.addOnce("probe", randomBytes(8), 1000), true);
      const raw = new Redis(server.url);
      const known = await raw.exists(
        ...[earlier, during].map((member) => Buffer.concat([Buffer.from("seen:seen:"), member])),
      );
      raw.disconnect();
      assert.equal(known, 2);
    });
    assert.equal(await restarted.addOnce("seen", earlier, 60_000), false);
    assert.equal(await restarted.addOnce("seen", during, 60_000), false);
    assert.equal(await restarted.takeToken("k", limits), true, "buckets are Redis's again");
  });

  test("no caller fails or waits long under load while Redis is killed and comes back", async () => {
    await using cache = await connectRedis({ url: server.url });
    let running = true;
    let done = 0;
    let slowest = 0;
    const worker = async () => {
      while (running) {
        const begin = performance.now();
        assert.equal(await cache.addOnce("load", randomBytes(32), 60_000), true);
        await cache.takeToken("load", limits);
        slowest = Math.max(slowest, performance.now() - begin);
        done++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    for (const step of [() => server.kill(), () => server.start()]) {
      const soFar = done;
      await eventually(() => done > soFar + 100);
      await step();
      await eventually(() => cache.healthy === server.running);
    }
    running = false;
    await Promise.all(workers);
    assert.ok(slowest < 2000, `the slowest call took ${slowest} ms`);
  });

  test("a Redis that hangs is given up after one timeout, and used again when it goes on", async () => {
    await using cache = await connectRedis({ url: server.url, commandTimeoutMs: 100 });
    server.pause();
    const member = randomBytes(32);
    const begin = performance.now();
    assert.equal(await cache.addOnce("hang", member, 60_000), true);
    assert.equal(cache.healthy, false);
    for (let i = 0; i < 50; i++) assert.equal(await cache.addOnce("hang", randomBytes(32), 60_000), true);
    assert.ok(performance.now() - begin < 2000, "only the first call waited");
    server.resume();
    await eventually(() => assert.equal(cache.healthy, true));
    assert.equal(await cache.addOnce("hang", member, 60_000), false);
  });
});

describe("a cache whose Redis answers with errors", () => {
  let server: RedisServer;
  before(async () => void (server = await startRedis()));
  after(async () => await server?.[Symbol.asyncDispose]());

  /** A cache and the events that it logged: each change of its health. */
  async function heard(refusalMs: number): Promise<{ cache: Cache; events: string[] }> {
    const events: string[] = [];
    const destination = { write: (line: string) => void events.push(JSON.parse(line).event) };
    const logger = createLogger({ service: "test", level: "info", destination });
    return { cache: await connectRedis({ url: server.url, refusalMs, logger }), events };
  }

  /** Sends commands that Redis refuses. */
  async function sendFor(cache: Cache, ms: number): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const member = randomBytes(32);
      assert.equal(await cache.addOnce("full", member, 60_000), true);
      assert.equal(await cache.addOnce("full", member, 60_000), false);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test("a full Redis is asked on, the stand-in does what it refuses, and the health does not flap", async () => {
    await using raw = disposable(new Redis(server.url));
    await raw.redis.config("SET", "maxmemory-policy", "noeviction");
    await raw.redis.config("SET", "maxmemory", "2mb");
    const { cache, events } = await heard(1_000);
    await using _ = cache;
    await eventually(async () => {
      const filled = Array.from({ length: 500 }, () => cache.addOnce("fill", randomBytes(32), 60_000));
      assert.ok((await Promise.all(filled)).every(Boolean));
      assert.equal(cache.healthy, false);
    });
    await sendFor(cache, 2_500);
    assert.deepEqual(events, ["cache_connected", "cache_refuses"]);
    const taken = [];
    for (let i = 0; i < 6; i += 1) taken.push(await cache.takeToken("full", limits));
    assert.deepEqual(taken, [true, true, true, true, true, false]);

    const member = randomBytes(32);
    await cache.addOnce("full", member, 60_000);
    await raw.redis.config("SET", "maxmemory", "0");
    await eventually(() => assert.equal(cache.healthy, true));
    const key = Buffer.concat([Buffer.from("seen:full:"), member]);
    await eventually(async () => assert.equal(await raw.redis.exists(key), 1, "what was refused is told later"));
  });

  test("a Redis that became a read-only replica is used again when it is a primary", async () => {
    await using raw = disposable(new Redis(server.url));
    const { cache, events } = await heard(500);
    await using _ = cache;
    await raw.redis.call("REPLICAOF", "127.0.0.1", "9");
    const member = randomBytes(32);
    assert.equal(await cache.addOnce("replica", member, 60_000), true);
    assert.equal(await cache.addOnce("replica", member, 60_000), false);
    assert.equal(cache.healthy, false);
    await sendFor(cache, 1_200);
    assert.deepEqual(events, ["cache_connected", "cache_refuses"]);
    await raw.redis.call("REPLICAOF", "NO", "ONE");
    await eventually(() => assert.equal(cache.healthy, true));
  });
});

function disposable(redis: Redis) {
  return { redis, [Symbol.asyncDispose]: async () => redis.disconnect() };
}

test("a cache that is opened before its Redis works locally and is closed cleanly", async () => {
  const cache = await connectRedis({ url: "redis://127.0.0.1:9" });
  assert.equal(cache.healthy, false);
  assert.equal(await cache.addOnce("s", Buffer.from("m"), 1000), true);
  assert.equal(await cache.addOnce("s", Buffer.from("m"), 1000), false);
  assert.equal(await cache.takeToken("k", limits), true);
  await cache[Symbol.asyncDispose]();
});
