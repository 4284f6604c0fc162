import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildOnion } from "@swarmpost/onion";
import { RelayNetwork, type TestRelay } from "./testing/relay-network.ts";

const info = Buffer.from(`{"method":"info","params":{}}`);
let network: RelayNetwork;
let nodes: [TestRelay, TestRelay, TestRelay];

before(async () => {
  network = await RelayNetwork.start({ nodes: 3, logLevel: "debug" });
  nodes = network.relays as unknown as typeof nodes;
});

after(() => network[Symbol.asyncDispose]());

const idsOf = (node: TestRelay) => new Set(node.lines.flatMap(({ request_id }) => (request_id ? [request_id] : [])));

/** The events of one node since it had logged so many lines, by request. */
function eventsSince(node: TestRelay, lines: number): Map<unknown, unknown[]> {
  return Map.groupBy(node.lines.slice(lines), ({ request_id }) => request_id) as never;
}

test("a request has one id in all lines of a node and in its storage, and another in each node on the path", async () => {
  const before = nodes.map(({ lines }) => lines.length);
  const path = [nodes[0].hop, nodes[1].hop];
  const onion = buildOnion({ path, destination: { kind: "snode", ...nodes[2].hop } }, info);
  assert.equal((await network.onion(nodes[0], onion.body)).status, 200);
  const logged = nodes.map((node, index) => [...eventsSince(node, before[index] ?? 0)]);
  assert.deepEqual(
    logged.map((requests) => requests.map(([, lines]) => (lines as { event: string }[]).map(({ event }) => event))),
    [
      [["request_taken", "layer_opened", "next_hop_answered", "request_ended"]],
      [["hop_taken", "layer_opened", "next_hop_answered", "hop_answered"]],
      [["hop_taken", "layer_opened", "storage_answered", "hop_answered"]],
    ],
  );
  const ids = logged.map(([request]) => request?.[0] as string);
  assert.ok(ids.every((id) => /^[0-9a-f]{16}$/.test(id)));
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(nodes[2].storage.requestIds.slice(-1), [ids[2]]);
});

test("no id is ever in the lines of two nodes", async () => {
  for (let round = 0; round < 20; round += 1) {
    const [guard, middle, last] = [0, 1, 2].map((place) => nodes[(place + round) % 3] as TestRelay) as typeof nodes;
    const onion = buildOnion({ path: [guard.hop, middle.hop], destination: { kind: "snode", ...last.hop } }, info);
    assert.equal((await network.onion(guard, onion.body)).status, 200);
  }
  const [one, two, three] = nodes.map(idsOf) as [Set<unknown>, Set<unknown>, Set<unknown>];
  assert.ok(one.size >= 20 && two.size >= 20 && three.size >= 20);
  assert.ok(one.isDisjointFrom(two) && one.isDisjointFrom(three) && two.isDisjointFrom(three));
});

test("a failure that nobody expected is logged with its request's id, and its texts are not", async () => {
  const [node] = nodes;
  const before = node.lines.length;
  node.storage.script = async () => [99, "a status that is none"];
  assert.equal((await network.request(node, "/storage_rpc/v1", info)).status, 500);
  const lines = node.lines.slice(before);
  const taken = lines.find(({ event }) => event === "request_taken");
  const failed = lines.find(({ event }) => event === "request_failed");
  assert.deepEqual([failed?.level, failed?.request_id], ["error", taken?.request_id]);
  assert.ok(!JSON.stringify(lines).includes("a status that is none"));
  node.storage.script = async () => [200, {}];
});
