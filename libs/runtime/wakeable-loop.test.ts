import assert from "node:assert/strict";
import { test } from "node:test";
import { WakeableLoop } from "./wakeable-loop.ts";

/** A loop whose steps a test ends one by one. */
function start(restMs: number) {
  const begun: ((restMs: number) => void)[] = [];
  const waiting: (() => void)[] = [];
  const loop = new WakeableLoop(
    () =>
      new Promise((resolve) => {
        begun.push(resolve);
        waiting.shift()?.();
      }),
  );
  const step = (number: number): Promise<void> =>
    begun.length >= number ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve));
  const end = (number: number): void => begun[number - 1]?.(restMs);
  return { loop, step, end, count: () => begun.length };
}

test("a step follows the rest, and a wake cuts the rest short", async () => {
  const short = start(1);
  await short.step(1);
  short.end(1);
  await short.step(2);
  short.end(2);
  await short.loop[Symbol.asyncDispose]();

  const long = start(3_600_000);
  await long.step(1);
  long.end(1);
  await new Promise((resolve) => setImmediate(resolve));
  long.loop.wake();
  await long.step(2);
  long.end(2);
  await long.loop[Symbol.asyncDispose]();
});

test("a wake during a step asks for one more, however often it comes", async () => {
  const { loop, step, end, count } = start(3_600_000);
  await step(1);
  loop.wake();
  loop.wake();
  end(1);
  await step(2);
  end(2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(count(), 2);
  await loop[Symbol.asyncDispose]();
});

test("its end waits for the step under way and begins no other", async () => {
  const { loop, step, end, count } = start(0);
  await step(1);
  let ended = false;
  const ending = loop[Symbol.asyncDispose]().then(() => (ended = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, false);
  end(1);
  await ending;
  assert.equal(count(), 1);
});
