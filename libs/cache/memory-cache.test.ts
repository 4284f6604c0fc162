import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import { cacheContract } from "./cache-contract.ts";
import { MemoryCacheStore } from "./memory-cache.ts";

cacheContract(
  "memory",
  async () => {
    const store = new MemoryCacheStore();
    return { connect: async () => store.connect(), [Symbol.asyncDispose]: async () => {} };
  },
  eventually,
);

const member = (n: number) => Buffer.from(`member ${n}`);

test("members and buckets are bounded, and the oldest go first", () => {
  const store = new MemoryCacheStore({ maxEntries: 100 });
  for (let i = 0; i < 1000; i++) {
    assert.equal(store.addOnce("s", member(i), 60_000), true);
    store.takeToken(`key ${i}`, { capacity: 1, refillPerSecond: 0.001 });
  }
  assert.equal(store.size, 100);
  assert.equal(store.addOnce("s", member(999), 60_000), false);
  assert.equal(store.addOnce("s", member(5), 60_000), true);
});

test("time is taken from the given clock", () => {
  let now = 5000;
  const store = new MemoryCacheStore({ clock: { now: () => now } });
  assert.equal(store.addOnce("s", member(1), 1000), true);
  now += 999;
  assert.equal(store.addOnce("s", member(1), 1000), false);
  assert.deepEqual([...store.remembered()], [{ set: "s", member: member(1), remainingMs: 1 }]);
  now += 2;
  assert.deepEqual([...store.remembered()], []);
  assert.equal(store.size, 0);
  assert.equal(store.addOnce("s", member(1), 1000), true);

  const limits = { capacity: 2, refillPerSecond: 2 };
  assert.deepEqual(
    [1, 2, 3].map(() => store.takeToken("k", limits)),
    [true, true, false],
  );
  now += 499;
  assert.equal(store.takeToken("k", limits), false);
  now += 1;
  assert.equal(store.takeToken("k", limits), true);
  now -= 10_000;
  assert.equal(store.takeToken("k", limits), false, "a clock that goes back gives nothing");
});
