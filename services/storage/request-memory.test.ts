import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@swarmpost/runtime";
import type { DeleteRecord } from "./record.ts";
import { RequestMemory } from "./request-memory.ts";

const message = (byte: number) => ({ hash: Buffer.alloc(32, byte), namespace: 0, expiryMs: 1 });
const nothing = { hits: [], unchanged: [], beatenMs: 0 };

function record(request: string, ms = 1): DeleteRecord {
  const stamp = { ms, node: Buffer.alloc(32) };
  return { kind: "delete", account: Buffer.alloc(33), hashes: [], stamp, request: Buffer.from(request) };
}

test("an entry node that comes again is told of both, for ten seconds", () => {
  const clock = new ManualClock();
  const memory = new RequestMemory(clock);
  memory.joined(record("a"), { ...nothing, hits: [message(1)] }, "first");
  const again = memory.joined(record("a", 2), { ...nothing, hits: [message(2)] }, "again");
  assert.deepEqual(again.hits, [message(1), message(2)]);
  clock.advance(10_000);
  assert.deepEqual(memory.joined(record("a", 3), nothing, "again").hits, []);
});

test("requests that hit nothing take their share of what is remembered, and give it back", () => {
  const clock = new ManualClock();
  const memory = new RequestMemory(clock);
  for (let i = 0; i < 100_000; i += 1) memory.joined(record(`${i}`), nothing, "first");
  memory.joined(record("one more"), { ...nothing, hits: [message(1)] }, "first");
  assert.deepEqual(memory.joined(record("one more", 2), nothing, "again").hits, []);
  clock.advance(10_000);
  memory.joined(record("later"), { ...nothing, hits: [message(1)] }, "first");
  assert.deepEqual(memory.joined(record("later", 2), nothing, "again").hits, [message(1)]);
});
