import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, createRuntime, ManualClock } from "@swarmpost/runtime";
import { testSuiteMetrics } from "./metrics.ts";
import { ProofBook } from "./proof-book.ts";
import type { RegistryFollower } from "./registry-follower.ts";

test("of thousands of refused proofs the first of each reason and source is logged in a minute, and all are counted", async () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: "test",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
  });
  const clock = new ManualClock(1_700_000_000_000);
  const { metrics } = createRuntime("test-suite", { logger, clock });
  const registry = { known: true, network: undefined, has: () => false } as unknown as RegistryFollower;
  const rules = { lifetimeMs: 7_500_000, minimumVersion: [0, 0, 0] as const, allowedAddress: () => true };
  const book = new ProofBook(rules, { registry, clock, logger, metrics: testSuiteMetrics(metrics) });
  const junk = { proof: Buffer.from("de"), signature: Buffer.alloc(64) };
  const flood = () => {
    for (let sent = 0; sent < 2_000; sent += 1) assert.equal(book.offer(junk, "peer"), "malformed");
    book.offer(junk, "own");
  };
  flood();
  const logged = () => lines.map((line) => JSON.parse(line)).map(({ reason, source }) => `${reason} ${source}`);
  assert.deepEqual(logged(), ["malformed peer", "malformed own"]);
  clock.advance(59_000);
  flood();
  assert.equal(lines.length, 2);
  clock.advance(1_000);
  flood();
  assert.equal(lines.length, 4);
  assert.match(await metrics.render(), /proofs_total\{reason="malformed",source="peer"\} 6000/);
});
