import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryCacheStore } from "@swarmpost/cache";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { clientNetwork, type RateBounds, RateLimiter } from "./rate-limit.ts";

test("an IPv4 address is one client in both its forms, an IPv6 network of 64 bits is one", () => {
  assert.equal(clientNetwork("203.0.113.9"), "203.0.113.9");
  assert.equal(clientNetwork("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(clientNetwork("2001:db8:1:2:3:4:5:6"), clientNetwork("2001:0DB8:1:2::9"));
  assert.equal(clientNetwork("2001:db8::1"), "2001:db8:0:0");
  assert.equal(clientNetwork("::1"), "0:0:0:0");
  assert.notEqual(clientNetwork("2001:db8:1:2::1"), clientNetwork("2001:db8:1:3::1"));
});

test("clients and nodes have buckets of their own sizes, and the address is not in the bucket's name", async () => {
  const names: string[] = [];
  const store = new MemoryCacheStore({ clock: { now: () => 0 } });
  const spy = {
    ...store.connect(),
    takeToken: async (key: string, limits: { capacity: number; refillPerSecond: number }) => {
      names.push(key);
      return store.takeToken(key, limits);
    },
  };
  const keys = nodeKeysFromSeed(generateSeed());
  const [one, two] = [1, 2].map((capacity) => ({ capacity, refillPerSecond: 1 })) as [RateBounds, RateBounds];
  const bounds = { client: two, seed: one, node: one };
  const limiter = new RateLimiter(bounds, { keys, clients: spy, nodes: store.connect() });
  const taken: boolean[] = [];
  for (let i = 0; i < 3; i++) taken.push(await limiter.takeForClient("203.0.113.9"));
  taken.push(await limiter.takeForClient("203.0.113.10"));
  assert.deepEqual(taken, [true, true, false, true]);
  assert.deepEqual([await limiter.takeForNode(keys.pubkey), await limiter.takeForNode(keys.pubkey)], [true, false]);
  const asked = [await limiter.takeForSeed("203.0.113.9"), await limiter.takeForSeed("203.0.113.9")];
  assert.deepEqual(asked, [true, false], "questions to a seed have a bucket of their own");
  assert.ok(names.every((name) => !name.includes("203.0")));
});
