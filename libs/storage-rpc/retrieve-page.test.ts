import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fitPage, messageCost, retrieveLimits, rowsToRead } from "./index.ts";

const BIG = Array<number>(120).fill(70_000);

function page(maxSize?: number, maxCount?: number) {
  return fitPage(BIG, retrieveLimits({ maxSize, maxCount }));
}

test("120 messages of 70,000 bytes page as upstream's network tests count them", () => {
  assert.deepEqual(page(500_000), { count: 5, more: true });
  assert.deepEqual(page(600_000), { count: 6, more: true });
  assert.deepEqual(page(-1), { count: 83, more: true });
  assert.deepEqual(page(-3), { count: 27, more: true });
  assert.deepEqual(page(), { count: 16, more: true });
  assert.deepEqual(page(0, 0), { count: 16, more: true });
});

test("a count alone still stops at the largest answer, and the tighter of two limits wins", () => {
  assert.deepEqual(page(undefined, 100), { count: 83, more: true });
  assert.deepEqual(page(undefined, 7), { count: 7, more: true });
  assert.deepEqual(page(500_000, 7), { count: 5, more: true });
  assert.deepEqual(page(-1, 7), { count: 7, more: true });
  assert.deepEqual(page(undefined, -5), { count: 1, more: true });
  assert.deepEqual(page(100_000_000), { count: 83, more: true });
});

test("a message larger than the limit is still returned alone", () => {
  assert.deepEqual(fitPage([70_000], retrieveLimits({ maxSize: 1, maxCount: undefined })), { count: 1, more: false });
  assert.deepEqual(fitPage([70_000, 1], retrieveLimits({ maxSize: 1, maxCount: undefined })), { count: 1, more: true });
  assert.deepEqual(fitPage([], retrieveLimits({ maxSize: 1, maxCount: 1 })), { count: 0, more: false });
});

test("reading no more rows than advised never changes a page", () => {
  const limit = fc.option(fc.integer({ min: -20_000, max: 20_000 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 150 }), limit, limit, (sizes, maxSize, maxCount) => {
      const limits = retrieveLimits({ maxSize, maxCount });
      const whole = fitPage(sizes, limits);
      assert.deepEqual(fitPage(sizes.slice(0, rowsToRead(limits)), limits), whole);
      const used = sizes.slice(0, whole.count).reduce((sum, size) => sum + messageCost(size), 0);
      assert.ok(whole.count <= 1 || used <= limits.size);
      assert.equal(whole.more, whole.count < sizes.length);
    }),
  );
});
