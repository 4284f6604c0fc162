import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { lookAges, nextLookMs } from "./canary-schedule.ts";

const minute = 60_000;

test("a message of a day is looked for six times, the last five minutes before its end", () => {
  const ages = lookAges({ waitMs: 5_000, ttlMs: 1_440 * minute });
  assert.deepEqual(ages, [5_000, minute, 10 * minute, 60 * minute, 360 * minute, 1_435 * minute]);
});

test("looks never come too early, too late or twice, whatever the life of a message", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 10_000, max: 14 * 86_400_000 }),
      (waitMs, ttlMs) => {
        const ages = lookAges({ waitMs, ttlMs });
        assert.ok(ages.every((age) => age >= waitMs && age < ttlMs));
        assert.deepEqual(
          ages,
          [...new Set(ages)].sort((a, b) => a - b),
        );
        assert.ok(ages.length > 0 || waitMs > ttlMs / 2);
      },
    ),
  );
});

test("after the last look there is none", () => {
  const schedule = { waitMs: 1_000, ttlMs: 60_000 };
  assert.equal(nextLookMs(7, 0, schedule), 1_007);
  assert.equal(nextLookMs(7, 1, schedule), 30_007);
  assert.equal(nextLookMs(7, 2, schedule), undefined);
});
