import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, retryForever, sleep } from "./retry.ts";

test("the wait doubles from its minimum to its maximum and is at least half of that", () => {
  const options = { minMs: 100, maxMs: 1000 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 90].map((attempt) => backoff(attempt, options, () => 1)),
    [100, 200, 400, 800, 1000, 1000],
  );
  assert.equal(
    backoff(1, options, () => 0),
    50,
  );
});

test("a call is repeated until it succeeds", async () => {
  const failures: number[] = [];
  const options = { minMs: 1, maxMs: 2, onFailure: (_: unknown, attempt: number) => void failures.push(attempt) };
  const result = await retryForever(new AbortController().signal, options, async (attempt) => {
    if (attempt < 3) throw new Error("not yet");
    return `attempt ${attempt}`;
  });
  assert.equal(result, "attempt 3");
  assert.deepEqual(failures, [1, 2]);
});

test("an abort ends the wait at once", async () => {
  const controller = new AbortController();
  const options = { minMs: 60_000, maxMs: 60_000, onFailure: () => setImmediate(() => controller.abort()) };
  const retried = retryForever(controller.signal, options, async () => {
    throw new Error("never");
  });
  await assert.rejects(retried, { name: "AbortError" });
  await assert.rejects(sleep(60_000, controller.signal), { name: "AbortError" });
});
