import assert from "node:assert/strict";
import { test } from "node:test";
import { TestAccount } from "../testing/test-account.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

test("a node that shuts down finishes what is under way and refuses what is new", async () => {
  await using swarm = await TestSwarm.start(1);
  const [node] = swarm.nodes;
  const commits = node!.service.node.data.commits;
  const store = commits.store.bind(commits);
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  commits.store = async (record) => {
    begun.resolve();
    await gate.promise;
    return store(record);
  };
  const account = new TestAccount();
  const underWay = node!.rpc("store", account.store("under way"));
  await begun.promise;
  const next = node!.rpc.bind(node!, "store", account.store("new"));
  node!.runtime!.health.stop();
  const stopping = node!.service[Symbol.asyncDispose]();
  assert.match(await node!.readiness().catch(() => "shutting down"), /shutting down/);
  const refused = await next().catch(() => ({ status: 503 }));
  assert.equal(refused.status, 503);
  gate.resolve();
  assert.equal((await underWay).status, 200);
  await stopping;
  await node!.stop();
  await node!.start();
  const { body } = await node!.rpc("retrieve", account.retrieve());
  assert.equal(body.messages.length, 1);
});

test("readiness names what is missing", async () => {
  await using swarm = await TestSwarm.start(1);
  const lone = await swarm.add();
  assert.match(await lone.readiness(), /swarm: not in a swarm/);
  assert.equal(await swarm.nodes[0]!.readiness(), "");
});
