import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherMajority } from "./gather-majority.ts";

const never = new Promise<boolean>(() => {});
const yes = Promise.resolve(true);
const no = Promise.resolve(false);

test("all that settle are waited for, whatever they say", async () => {
  await gatherMajority([yes, no, no], 3, { stragglerMs: 60_000 });
});

test("once enough are good the others get only the straggler time", async () => {
  const started = performance.now();
  await gatherMajority([yes, yes, never], 2, { stragglerMs: 20 });
  assert.ok(performance.now() - started >= 15);
});

test("without enough good ones it waits for the rest", async () => {
  const late = Promise.withResolvers<boolean>();
  let done = false;
  const gathered = gatherMajority([yes, no, late.promise], 2, { stragglerMs: 1 }).then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done, false);
  late.resolve(false);
  await gathered;
});
