import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { median, pairedRatio, quantile, spread } from "./statistics.ts";

const value = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 50 });

test("the median is the middle sample, or the mean of the two middle ones", () => {
  assert.equal(median([3]), 3);
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("half of the samples lie on each side of the median", () => {
  fc.assert(
    fc.property(values, (samples) => {
      const middle = median(samples);
      const half = samples.length / 2;
      assert.ok(samples.filter((sample) => sample < middle).length <= half);
      assert.ok(samples.filter((sample) => sample > middle).length <= half);
    }),
  );
});

test("a quantile is one of the samples, and the share of samples up to it is at least what was asked", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (samples, share) => {
      const found = quantile(samples, share);
      assert.ok(samples.includes(found));
      assert.ok(samples.filter((sample) => sample <= found).length >= share * samples.length - 1e-9);
    }),
  );
});

test("the order of samples changes nothing and the samples are left as they were", () => {
  const samples = [9, 2, 7, 4];
  assert.equal(median(samples), median(samples.toReversed()));
  assert.equal(quantile(samples, 0.99), 9);
  assert.deepEqual(samples, [9, 2, 7, 4]);
});

test("the spread is the distance of the extremes in medians", () => {
  assert.equal(spread([10, 10, 10]), 0);
  assert.equal(spread([8, 10, 14]), 0.6);
});

test("a paired ratio is that of the rounds: a slow round that slows both sides does not move it", () => {
  assert.equal(pairedRatio([20, 40, 200], [10, 20, 100]), 2);
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 9 }), (base) => {
      const tripled = base.map((sample) => sample * 3);
      assert.ok(Math.abs(pairedRatio(tripled, base) - 3) < 1e-9);
    }),
  );
});

test("no samples have no median, and unequal rounds no ratio", () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => quantile([], 0.5), RangeError);
  assert.throws(() => pairedRatio([1, 2], [1]), RangeError);
});
