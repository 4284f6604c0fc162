import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as tick } from "node:timers/promises";
import * as fc from "fast-check";
import { Batcher } from "./batcher.ts";

test("items of one tick make one batch and each gets its own result", async () => {
  const batches: number[][] = [];
  const batcher = new Batcher({ maxBatch: 10, maxDelayMs: 0, maxQueue: 100 }, async (items: number[]) => {
    batches.push(items);
    return items.map((item) => item * 2);
  });
  assert.deepEqual(await Promise.all([1, 2, 3].map((item) => batcher.add(item))), [2, 4, 6]);
  assert.deepEqual(batches, [[1, 2, 3]]);
});

test("while a batch is in flight the next one fills, up to its limit", async () => {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const batcher = new Batcher({ maxBatch: 3, maxDelayMs: 0, maxQueue: 100 }, async (items: number[]) => {
    batches.push(items);
    await new Promise<void>((resolve) => gates.push(resolve));
    return items;
  });
  const all = [0, 1, 2, 3, 4, 5, 6].map((item) => batcher.add(item));
  assert.deepEqual(batches, [[0, 1, 2]], "a full batch starts without waiting");
  for (let open = 0; open < 3; open++) {
    gates[open]?.();
    await tick();
  }
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(batches, [[0, 1, 2], [3, 4, 5], [6]]);
});

test("a failed batch fails its items and the next one works", async () => {
  let fail = true;
  const batcher = new Batcher({ maxBatch: 2, maxDelayMs: 1, maxQueue: 10 }, async (items: number[]) => {
    if (fail) throw new Error("no database");
    return items;
  });
  const results = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["rejected", "rejected"],
  );
  fail = false;
  assert.equal(await batcher.add(3), 3);
});

test("work that returns too few results fails the batch", async () => {
  const batcher = new Batcher({ maxBatch: 2, maxDelayMs: 0, maxQueue: 10 }, async () => []);
  await assert.rejects(batcher.add(1), TypeError);
});

test("one item above the queue's limit is refused at once", async () => {
  const batcher = new Batcher({ maxBatch: 1, maxDelayMs: 0, maxQueue: 2 }, async (items: number[]) => items);
  const taken = [batcher.add(1), batcher.add(2), batcher.add(3)];
  await assert.rejects(batcher.add(4), { code: "overloaded" });
  assert.deepEqual(await Promise.all(taken), [1, 2, 3]);
});

test("closing does the waiting items and refuses new ones", async () => {
  const batcher = new Batcher({ maxBatch: 2, maxDelayMs: 60_000, maxQueue: 10 }, async (items: number[]) => items);
  const taken = batcher.add(1);
  const closed = batcher[Symbol.asyncDispose]();
  await assert.rejects(batcher.add(2), { code: "closed" });
  await closed;
  assert.equal(await taken, 1);
  await batcher[Symbol.asyncDispose]();
});

test("every item is worked on exactly once, in order, in batches within the limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.boolean(), { maxLength: 60 }),
      async (maxBatch, pauses) => {
        const seen: number[] = [];
        const batcher = new Batcher({ maxBatch, maxDelayMs: 0, maxQueue: 1000 }, async (items: number[]) => {
          assert.ok(items.length >= 1 && items.length <= maxBatch);
          seen.push(...items);
          await tick();
          return items;
        });
        const results: Promise<number>[] = [];
        for (const [i, pause] of pauses.entries()) {
          results.push(batcher.add(i));
          if (pause) await tick();
        }
        assert.deepEqual(await Promise.all(results), [...pauses.keys()]);
        assert.deepEqual(seen, [...pauses.keys()]);
      },
    ),
    { numRuns: 30 },
  );
});

test("a batch and a queue hold no more than they may weigh", async () => {
  const batches: number[][] = [];
  const limits = { maxBatch: 10, maxDelayMs: 0, maxQueue: 100, maxBatchWeight: 10, maxQueueWeight: 30 };
  const batcher = new Batcher({ ...limits, weigh: (item: number) => item }, async (items: number[]) => {
    batches.push(items);
    return items;
  });
  const taken = [4, 4, 4, 15, 1].map((item) => batcher.add(item));
  await assert.rejects(batcher.add(3), { code: "overloaded" });
  await Promise.all(taken);
  assert.deepEqual(batches, [[4, 4], [4], [15], [1]]);
  assert.equal(await batcher.add(50), 50, "what is heavier than all limits still goes, alone");
});
