import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNTS, Metrics } from "./metrics.ts";

test("all series of a closed label set exist from the start", async () => {
  const metrics = new Metrics();
  const stores = metrics.counter("swarmpost_storage_stores_total", "Stores.", { result: ["stored", "refused"] });
  stores.inc({ result: "stored" });
  stores.inc({ result: "stored" }, 4);
  const text = await metrics.render();
  assert.match(text, /swarmpost_storage_stores_total\{result="stored"\} 5/);
  assert.match(text, /swarmpost_storage_stores_total\{result="refused"\} 0/);
});

test("series of histograms and gauges exist from the start, too", async () => {
  const metrics = new Metrics();
  metrics.histogram("wait_seconds", "Wait.", [1, 2], { step: ["store", "read"] });
  metrics.gauge("links", "Links.", { state: ["up", "down"] });
  const text = await metrics.render();
  for (const step of ["store", "read"]) assert.match(text, new RegExp(`wait_seconds_count{step="${step}"} 0`));
  assert.match(text, /wait_seconds_bucket\{le="\+Inf",step="read"\} 0/);
  assert.match(text, /links\{state="down"\} 0/);
});

test("a label value outside its set is refused", () => {
  const metrics = new Metrics();
  const stores = metrics.counter("stores_total", "Stores.", { result: ["stored"] });
  assert.throws(() => stores.inc({ result: "05abc" as "stored" }), TypeError);
});

test("gauges and histograms work with and without labels", async () => {
  const metrics = new Metrics();
  let pending = 0;
  metrics.gauge("links", "Links.", { state: ["up", "down"] }).set({ state: "up" }, 7);
  metrics.gauge("height", "Height.").set(12);
  metrics.gaugeFrom("pending", "Pending.", () => pending);
  const batches = metrics.histogram("batch_rows", "Rows.", COUNTS);
  batches.observe(3);
  metrics.histogram("size", "Bytes.", [10, 100], { kind: ["a", "b"] }).observe({ kind: "b" }, 50);
  pending = 9;
  const text = await metrics.render();
  assert.match(text, /links\{state="up"\} 7/);
  assert.match(text, /^height 12$/m);
  assert.match(text, /^pending 9$/m);
  assert.match(text, /batch_rows_bucket\{le="5"\} 1/);
  assert.match(text, /size_bucket\{le="100",kind="b"\} 1/);
});

test("a second metric of one name is an error", () => {
  const metrics = new Metrics();
  metrics.counter("one_total", "One.");
  assert.throws(() => metrics.counter("one_total", "One again."));
});

test("two services in one process do not share metrics", async () => {
  const [one, two] = [new Metrics(), new Metrics()];
  one.counter("same_total", "Same.").inc(3);
  two.counter("same_total", "Same.");
  assert.match(await two.render(), /same_total 0/);
});
