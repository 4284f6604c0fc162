import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Cache } from "./cache.ts";

/** A store under test; each connection is a user of its own, such as a service after a restart. */
export interface ContractStore extends AsyncDisposable {
  connect(): Promise<Cache>;
}

type Eventually = <T>(fn: () => T | Promise<T>) => Promise<unknown>;

/** The suite that every implementation of `Cache` passes. */
export function cacheContract(name: string, open: () => Promise<ContractStore>, eventually: Eventually): void {
  describe(`the cache contract on ${name}`, () => {
    let store: ContractStore;
    let stack: AsyncDisposableStack;
    const connect = async () => stack.use(await store.connect());

    beforeEach(async () => {
      store = await open();
      stack = new AsyncDisposableStack();
    });
    afterEach(async () => {
      await stack.disposeAsync();
      await store[Symbol.asyncDispose]();
    });

    test("a bucket starts full, empties, and fills again at its rate", async () => {
      const cache = await connect();
      assert.equal(cache.healthy, true);
      const limits = { capacity: 3, refillPerSecond: 20 };
      const taken = await Promise.all([1, 2, 3, 4, 5].map(() => cache.takeToken("bucket", limits)));
      assert.deepEqual(taken, [true, true, true, false, false]);
      const begin = performance.now();
      await eventually(() => cache.takeToken("bucket", limits));
      assert.ok(performance.now() - begin < 2000);
    });

    test("buckets of different keys do not touch each other", async () => {
      const cache = await connect();
      const limits = { capacity: 1, refillPerSecond: 0.001 };
      assert.equal(await cache.takeToken("one", limits), true);
      assert.equal(await cache.takeToken("one", limits), false);
      assert.equal(await cache.takeToken("two", limits), true);
    });

    test("a bucket that is never refilled stays empty", async () => {
      const cache = await connect();
      const limits = { capacity: 1, refillPerSecond: 0 };
      assert.equal(await cache.takeToken("none", limits), true);
      assert.equal(await cache.takeToken("none", limits), false);
    });

    test("a bucket is shared by all users of the store", async () => {
      const [one, two] = [await connect(), await connect()];
      const limits = { capacity: 10, refillPerSecond: 0.001 };
      const taken = await Promise.all(
        Array.from({ length: 30 }, (_, i) => (i % 2 ? one : two).takeToken("shared", limits)),
      );
      assert.equal(taken.filter(Boolean).length, 10);
    });

    test("a member is new once, for every user of the store", async () => {
      const [one, two] = [await connect(), await connect()];
      const member = randomBytes(32);
      assert.equal(await one.addOnce("seen", member, 60_000), true);
      assert.equal(await one.addOnce("seen", Buffer.from(member), 60_000), false);
      assert.equal(await two.addOnce("seen", member, 60_000), false);
      assert.equal(await two.addOnce("other", member, 60_000), true);
    });

    test("members are any bytes and are not confused with each other", async () => {
      const cache = await connect();
      const members = [
        Buffer.alloc(0),
        Buffer.from([0]),
        Buffer.from([0, 0]),
        Buffer.from([10]),
        Buffer.from([255, 10]),
      ];
      for (const again of [true, false]) {
        for (const member of members) assert.equal(await cache.addOnce("bytes", member, 60_000), again);
      }
    });

    test("of many users that add the same member at once exactly one is first", async () => {
      const users = [await connect(), await connect(), await connect()];
      const member = randomBytes(32);
      const added = await Promise.all(
        Array.from({ length: 60 }, (_, i) => (users[i % 3] as Cache).addOnce("race", member, 60_000)),
      );
      assert.equal(added.filter(Boolean).length, 1);
    });

    test("the members of a process are counted while they are remembered", async () => {
      const cache = await connect();
      const [long, short] = [randomBytes(32), randomBytes(32)];
      await cache.addOnce("counted", long, 60_000);
      await cache.addOnce("counted", long, 60_000);
      assert.equal(cache.localEntries, 1);
      await cache.addOnce("counted", short, 50);
      await eventually(() => assert.equal(cache.localEntries, 1));
      assert.equal(await cache.addOnce("counted", short, 60_000), true);
      assert.equal(cache.localEntries, 2);
    });

    test("a member is forgotten after its time, and trying it again does not extend that", async () => {
      const cache = await connect();
      const member = randomBytes(32);
      const begin = performance.now();
      assert.equal(await cache.addOnce("short", member, 150), true);
      assert.equal(await cache.addOnce("short", member, 150), false);
      await eventually(() => cache.addOnce("short", member, 60_000));
      assert.ok(performance.now() - begin >= 140);
    });
  });
}
