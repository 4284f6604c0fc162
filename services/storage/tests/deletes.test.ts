import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { verify } from "@swarmpost/crypto";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let swarm: TestSwarm;
let a: TestNode;
let b: TestNode;
before(async () => {
  swarm = await TestSwarm.start(3);
  [a, b] = swarm.nodes as [TestNode, TestNode];
});
after(() => swarm[Symbol.asyncDispose]());

async function held(account: TestAccount): Promise<number[]> {
  const reads = await Promise.all(swarm.nodes.map((node) => node.rpc("retrieve", account.retrieve())));
  return reads.map((read) => read.body.messages.length);
}

test("a delete removes the message at every member, each of which signs what it did", async () => {
  const account = new TestAccount();
  const { body } = await a.rpc("store", account.store("x"));
  const unknown = "A".repeat(43);
  const reply = await b.rpc("delete", account.delete([unknown, body.hash]));
  assert.equal(reply.status, 200);
  for (const node of swarm.nodes) {
    const entry = reply.body.swarm[node.pubkey];
    assert.deepEqual(entry.deleted, [body.hash]);
    const text = Buffer.from(account.id + unknown + body.hash + body.hash);
    assert.ok(verify(Buffer.from(entry.signature, "base64"), text, node.keys.ed25519.publicKey));
  }
  assert.deepEqual(await held(account), [0, 0, 0]);
});

test("a required delete that finds nothing is a 404, a wrong signature a 401", async () => {
  const account = new TestAccount();
  const nothing = await a.rpc("delete", account.delete(["A".repeat(43)], { required: true }));
  assert.equal(nothing.status, 404);
  assert.deepEqual(nothing.body.swarm[a.pubkey].deleted, []);
  const forged = { ...new TestAccount().delete(["A".repeat(43)]), pubkey: account.id };
  const refused = await a.rpc("delete", forged);
  assert.deepEqual(refused, { status: 401, body: "delete_msgs signature verification failed" });
});

test("the same bytes stored again after a delete come back, at once and at every member", async () => {
  const account = new TestAccount();
  for (let i = 0; i < 3; i++) {
    const { body } = await a.rpc("store", account.store("config"));
    assert.deepEqual(await held(account), [1, 1, 1]);
    await a.rpc("delete", account.delete([body.hash]));
    assert.deepEqual(await held(account), [0, 0, 0]);
  }
});

test("a delete and a store win over what a node with a fast clock did before them", async () => {
  const account = new TestAccount();
  a.clock.offsetMs = 8_000;
  try {
    const { body } = await a.rpc("store", account.store("fast"));
    await b.rpc("delete", account.delete([body.hash]));
    assert.deepEqual(await held(account), [0, 0, 0]);
    const again = await a.rpc("store", account.store("fast"));
    await a.rpc("delete", account.delete([again.body.hash]));
    const slow = await b.rpc("store", account.store("fast"));
    assert.equal(slow.status, 200);
    assert.deepEqual(await held(account), [1, 1, 1]);
  } finally {
    a.clock.offsetMs = 0;
  }
});

test("a sequence that deletes and stores the same bytes in one millisecond leaves the message", async () => {
  const account = new TestAccount();
  const { body } = await a.rpc("store", account.store("quick"));
  const requests = [
    { method: "delete", params: account.delete([body.hash]) },
    { method: "store", params: account.store("quick") },
  ];
  assert.equal((await a.rpc("sequence", { requests })).status, 200);
  assert.deepEqual(await held(account), [1, 1, 1]);
});
