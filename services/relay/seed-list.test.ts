import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import {
  type NetworkNode,
  type NetworkView,
  parseServiceNodesQuery,
  SERVICE_NODE_FIELDS,
} from "@swarmpost/network-view";
import { ManualClock } from "@swarmpost/runtime";
import { SeedAnswers } from "./seed-answers.ts";
import { fakeView } from "./testing/fake-view.ts";

const keys = nodeKeysFromSeed(generateSeed());
const contact = {
  ip: "127.0.0.1",
  httpsPort: 1,
  peerPort: 2,
  replicaPort: 3,
  certificate: Buffer.alloc(1),
  version: [2, 11, 0],
  provenMs: 1,
} as const;

/** A view whose nodes count how often their operator is looked at, which making a text and a digest does. */
function countingView(): { view: NetworkView; reads: () => number } {
  const made = Array.from({ length: 20 }, () => nodeKeysFromSeed(generateSeed()).pubkey);
  const plain = fakeView(made.map((pubkey) => ({ pubkey, contact, seated: true })));
  let reads = 0;
  const nodes = [...plain.nodes()].map((node): NetworkNode => {
    const { operator } = node;
    return Object.defineProperty({ ...node }, "operator", { get: () => (reads++, operator) });
  });
  reads = 0;
  return { view: { ...plain, nodes: () => nodes }, reads: () => reads };
}

const ask = (answers: SeedAnswers, view: NetworkView, params: object) => {
  const query = parseServiceNodesQuery(params) ?? assert.fail("no query");
  const { result, swarmpost } = answers.answer(query, view);
  const { service_node_states: states } = JSON.parse(result) as { service_node_states: Record<string, unknown>[] };
  return { states, swarmpost };
};

test("selections and random lists of one view make no text and no signature anew", () => {
  const { view, reads } = countingView();
  const answers = new SeedAnswers({ keys }, { clock: new ManualClock() });
  const { states, swarmpost } = ask(answers, view, {});
  assert.ok(swarmpost);
  const once = reads();
  const some = states.slice(0, 3).map((state) => state.service_node_pubkey);
  for (let i = 0; i < 50; i++) {
    assert.equal(ask(answers, view, { limit: -1 }).states.length, 20);
    assert.equal(ask(answers, view, { limit: 5 }).states.length, 5);
    const named = ask(answers, view, { service_node_pubkeys: some, fields: [...SERVICE_NODE_FIELDS, `nonsense${i}`] });
    assert.deepEqual(named.states, states.slice(0, 3));
    assert.equal(ask(answers, view, {}).swarmpost, swarmpost);
  }
  assert.equal(reads(), once);
});

test("what clients really ask for stays remembered while a stranger asks for odd sets of fields", () => {
  const { view, reads } = countingView();
  const answers = new SeedAnswers({ keys }, { clock: new ManualClock() });
  ask(answers, view, {});
  const odd = SERVICE_NODE_FIELDS.filter((name) => name !== "operator_address");
  const once = reads();
  for (const [index] of odd.entries()) {
    ask(answers, view, { fields: odd.slice(index) });
    assert.equal(ask(answers, view, {}).states.length, 20);
  }
  assert.equal(reads(), once);
});

test("a random list has every node once, and not always in the same order", () => {
  const { view } = countingView();
  const answers = new SeedAnswers({ keys }, { clock: new ManualClock() });
  const orders = Array.from({ length: 5 }, () =>
    ask(answers, view, { limit: -1 })
      .states.map((state) => state.pubkey_ed25519)
      .join(),
  );
  assert.ok(new Set(orders).size > 1);
  for (const order of orders) assert.equal(new Set(order.split(",")).size, 20);
});
