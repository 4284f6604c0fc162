import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "@swarmpost/runtime";
import { EndpointRing } from "./endpoint-ring.ts";
import { ChainWatcherError, type ChainWatcherErrorCode } from "./errors.ts";
import { EvmEndpoint } from "./evm-endpoint.ts";
import { chainWatcherMetrics } from "./metrics.ts";

const endpoints = [1, 2, 3].map(
  (port) => new EvmEndpoint({ url: `http://127.0.0.1:${port}`, contract: `0x${"11".repeat(20)}`, timeoutMs: 100 }),
);

/** Calls through a new ring; `codes` says how each endpoint fails, `undefined` that it works. */
function ringOf(codes: (ChainWatcherErrorCode | undefined)[]) {
  const ring = new EndpointRing(endpoints.slice(0, codes.length), chainWatcherMetrics(new Metrics()).chain);
  const asked: number[] = [];
  const call = () =>
    ring.use(async (endpoint) => {
      const index = endpoints.indexOf(endpoint);
      asked.push(index);
      const code = codes[index];
      if (code !== undefined) throw new ChainWatcherError(code, `failure ${index}`);
      return index;
    });
  return { call, asked, codes };
}

test("an endpoint is used until it fails, then the next", async () => {
  const ring = ringOf(["unreachable", undefined, undefined]);
  assert.equal(await ring.call(), 1);
  assert.equal(await ring.call(), 1);
  ring.codes[1] = "behind";
  assert.equal(await ring.call(), 2);
  assert.deepEqual(ring.asked, [0, 1, 1, 1, 2]);
});

test("the chain counts as another one only when every endpoint says so", async () => {
  const code = (expected: ChainWatcherErrorCode) => (error: unknown) => (error as ChainWatcherError).code === expected;
  await assert.rejects(ringOf(["diverged", "unreachable", "diverged"]).call(), code("unreachable"));
  await assert.rejects(ringOf(["diverged", "diverged", "diverged"]).call(), code("diverged"));
  await assert.rejects(ringOf(["diverged"]).call(), code("diverged"));
  assert.equal(await ringOf(["diverged", undefined]).call(), 1);
});

test("a bug is not taken for a bad endpoint", async () => {
  const ring = new EndpointRing(endpoints, chainWatcherMetrics(new Metrics()).chain);
  await assert.rejects(
    ring.use(() => Promise.reject(new TypeError("a bug"))),
    TypeError,
  );
});
