import assert from "node:assert/strict";
import { test } from "node:test";
import { startAdminServer } from "./admin-server.ts";
import { Health } from "./health.ts";
import { Metrics } from "./metrics.ts";

test("liveness, readiness with its reasons, and metrics are served", async () => {
  const health = new Health();
  const metrics = new Metrics();
  metrics.counter("swarmpost_relay_hops_total", "Hops.").inc();
  await using server = await startAdminServer({ host: "127.0.0.1", port: 0 }, { health, metrics });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()] as const;
  };
  let reason: string | undefined = "not connected";
  health.check("bus", () => reason);
  assert.deepEqual(await get("/livez"), [200, "ok\n"]);
  assert.deepEqual(await get("/readyz?verbose"), [503, "bus: not connected\n"]);
  reason = undefined;
  assert.deepEqual(await get("/readyz"), [200, "ready\n"]);
  health.stop();
  assert.deepEqual(await get("/readyz"), [503, "service: shutting down\n"]);
  assert.match((await get("/metrics"))[1], /swarmpost_relay_hops_total 1/);
  assert.equal((await get("/other"))[0], 404);
});

test("a port in use fails the start", async () => {
  const parts = { health: new Health(), metrics: new Metrics() };
  await using server = await startAdminServer({ host: "127.0.0.1", port: 0 }, parts);
  await assert.rejects(startAdminServer({ host: "127.0.0.1", port: server.port }, parts), { code: "EADDRINUSE" });
});
