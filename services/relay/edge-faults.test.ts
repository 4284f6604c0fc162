import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { httpsCertificate } from "@swarmpost/rpc";
import { createLogger, Metrics, RequestLogs } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { textAnswer } from "./answer.ts";
import { ClientWork } from "./client-work.ts";
import { EdgeServer, type Route } from "./edge-server.ts";
import { relayMetrics } from "./metrics.ts";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";
import { rawRequest } from "./testing/raw-request.ts";

const internal = "Exception caught with processing client request: internal error";
let network: RelayNetwork;
let node: TestRelay;

before(async () => {
  network = await RelayNetwork.start({ nodes: 1 });
  [node] = network.relays as [TestRelay];
});

after(() => network[Symbol.asyncDispose]());

test("a status that is none from storage is an internal error, and the relay goes on", async () => {
  for (const status of [0, 99, 1_000]) {
    node.storage.script = async () => [status, "odd"];
    const reply = await network.request(node, "/storage_rpc/v1", `{"method":"info","params":{}}`);
    assert.deepEqual([reply.status, reply.body.toString()], [500, internal]);
  }
  node.storage.script = async () => [200, {}];
  assert.equal((await network.request(node, "/storage_rpc/v1", `{"method":"info","params":{}}`)).status, 200);
  await eventually(async () => /requests_under_way 0/.test(await node.runtime.metrics.render()));
});

test("a route, a metric or a client that fails in any moment ends one request and not the process", async () => {
  const errors: unknown[] = [];
  const metrics = relayMetrics(new Metrics());
  const route = (path: string, answer: Route["answer"]): Route => ({ endpoint: "other", method: "POST", path, answer });
  const gate = Promise.withResolvers<void>();
  const routes = [
    route("/throws", () => {
      throw new Error("at once");
    }),
    route("/late", async () => {
      await gate.promise;
      return textAnswer(200, "x".repeat(200_000));
    }),
    route("/fine", async () => textAnswer(200, "fine")),
  ];
  const failing = {
    ...metrics,
    requestSeconds: {
      ...metrics.requestSeconds,
      observe: () => {
        throw new Error("metric");
      },
    },
  } as unknown as typeof metrics;
  const limits = { host: "127.0.0.1", port: 0, bodyTimeoutMs: 5_000, answerTimeoutMs: 5_000, maxConnections: 100 };
  const work = new ClientWork({ maxRequests: 10, maxBytes: 1_000_000, maxUnfinished: 10 });
  const onError = (error: unknown) => errors.push(error);
  const logs = new RequestLogs(createLogger({ service: "edge", level: "error", destination: { write: onError } }));
  const parts = { routes, work, waitMs: 5_000, metrics: failing, logs, onError, stopping: () => false };
  await using edge = new EdgeServer({ ...limits, tls: await httpsCertificate() }, parts);
  await edge.listen();
  const ask = (path: string) =>
    rawRequest(edge.port, [`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`]);
  assert.match(await ask("/throws"), /^HTTP\/1\.1 500 /);
  // A client that is gone when its answer comes.
  await rawRequest(edge.port, [`POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`], { end: true });
  gate.resolve();
  await ask("/fine");
  await eventually(() => errors.length >= 4);
  assert.match(await ask("/fine"), /fine$/);
});
