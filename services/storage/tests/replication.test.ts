import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestAccount } from "../testing/test-account.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let swarm: TestSwarm;
before(async () => {
  swarm = await TestSwarm.start(3);
});
after(() => swarm[Symbol.asyncDispose]());

test("a stored message is read at every member", async () => {
  const account = new TestAccount();
  const [a, b, c] = swarm.nodes;
  const stored = await a!.rpc("store", account.store("hello"));
  assert.equal(stored.status, 200, JSON.stringify(stored.body));
  for (const node of [a!, b!, c!]) {
    const read = await node.rpc("retrieve", account.retrieve());
    assert.equal(read.status, 200, JSON.stringify(read.body));
    assert.equal(Buffer.from(read.body.messages[0].data, "base64").toString(), "hello");
  }
});
