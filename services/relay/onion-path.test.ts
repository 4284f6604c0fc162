import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildOnion, type OnionRoute } from "@swarmpost/onion";
import { type RedisServer, startRedis } from "@swarmpost/testkit";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

let redis: RedisServer;
let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay, TestRelay];

before(async () => {
  redis = await startRedis();
  network = await RelayNetwork.start({ nodes: 4, redisUrl: redis.url });
  nodes = network.relays as unknown as typeof nodes;
});

after(async () => {
  await network[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const request = (method: string) => Buffer.from(JSON.stringify({ method, params: { n: 1 } }));
const path = () => nodes.slice(0, 3).map((node) => node.hop);
const toFourth = (): OnionRoute => ({ path: path(), destination: { kind: "snode", ...nodes[3].hop } });

for (const encType of ["aes-gcm", "aes-cbc", "xchacha20"] as const) {
  test(`a request wrapped with ${encType} passes three relays to a fourth node and its answer comes back`, async () => {
    const onion = buildOnion({ ...toFourth(), encType }, request(`store-${encType}`));
    const reply = await network.onion(nodes[0], onion.body);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers["content-type"], "text/plain");
    const answer = JSON.parse(onion.open(reply.body)?.toString() ?? "null") as { status: number; body: string };
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { method: `store-${encType}`, params: { n: 1 }, t: 1 });
    assert.ok(nodes[3].storage.asked.includes(`store-${encType}`));
    for (const node of nodes.slice(0, 3)) assert.equal(node.storage.asked.includes(`store-${encType}`), false);
  });
}

test("each relay measures a layer at its own place on the path, and no other", async () => {
  const counts = async (node: TestRelay): Promise<number[]> => {
    const text = await node.runtime.metrics.render();
    return ["guard", "middle", "last", "destination", "beyond"].map((hop) => {
      const count = new RegExp(`relay_layer_seconds_count\\{hop="${hop}"\\} (\\d+)`).exec(text);
      return Number(count?.[1]);
    });
  };
  const before = await Promise.all(nodes.map(counts));
  await network.onion(nodes[0], buildOnion(toFourth(), request("measured")).body);
  const after = await Promise.all(nodes.map(counts));
  assert.deepEqual(
    after.map((each, node) => each.map((count, hop) => count - before[node]![hop]!)),
    [
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 1, 0],
    ],
  );
});

test("a path is built by its own last node without asking storage", async () => {
  const route: OnionRoute = { path: path(), destination: { kind: "snode", ...nodes[2].hop } };
  const onion = buildOnion(route, Buffer.from(`{"method":"path_build","params":{}}`));
  const reply = await network.onion(nodes[0], onion.body);
  const answer = JSON.parse(onion.open(reply.body)?.toString() ?? "null") as { status: number; body: string };
  const body = JSON.parse(answer.body) as { path: string; hops: number; t: number };
  assert.deepEqual([answer.status, body.path, body.hops], [200, "built", 3]);
  assert.ok(Math.abs(body.t - Date.now()) < 60_000);
  assert.equal(nodes[2].storage.asked.includes("path_build"), false);
});

test("an error of storage comes back encrypted with outer status 200", async () => {
  nodes[3].storage.script = async () => [421, { snodes: [] }];
  const onion = buildOnion(toFourth(), request("retrieve"));
  const reply = await network.onion(nodes[0], onion.body);
  nodes[3].storage.script = async () => [200, {}];
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(onion.open(reply.body)?.toString() ?? ""), { status: 421, body: `{"snodes":[]}` });
});

test("a direct request gets storage's answer as it is", async () => {
  nodes[1].storage.script = async () => [400, "no method x"];
  const reply = await network.request(nodes[1], "/storage_rpc/v1", request("x"));
  assert.deepEqual([reply.status, reply.body.toString()], [400, "no method x"]);
  assert.equal(reply.headers["content-type"], "text/plain");
  assert.equal(reply.headers.server, "Oxen Storage Server/2.11.0");
});
