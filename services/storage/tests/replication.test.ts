import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { verify } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import type { ReplicaMethod } from "../replica-handler.ts";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

async function counts(nodes: readonly TestNode[]): Promise<number[]> {
  return Promise.all(nodes.map((node) => node.count()));
}

test("a store is committed and signed by every member", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  const account = new TestAccount();
  const { status, body } = await swarm.nodes[2]!.rpc("store", account.store("hello", { namespace: 3 }));
  assert.equal(status, 200);
  assert.equal(Object.keys(body.swarm).length, 5);
  for (const node of swarm.nodes) {
    const entry = body.swarm[node.pubkey];
    assert.equal(entry.hash, body.hash);
    assert.ok(verify(Buffer.from(entry.signature, "base64"), Buffer.from(body.hash), node.keys.ed25519.publicKey));
    const read = await node.rpc("retrieve", account.retrieve({ namespace: 3 }));
    assert.equal(Buffer.from(read.body.messages[0].data, "base64").toString(), "hello");
  }
  assert.equal(body.swarm[swarm.nodes[2]!.pubkey].t, body.t);
});

test("a majority is enough, less than that is a 503, and who was away gets everything when it returns", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  const [a, b, c, d, e] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
  const account = new TestAccount();
  await a.rpc("store", account.store("with all"));
  await d.stop();
  await e.stop();
  const kept = await a.rpc("store", account.store("with three of five"));
  assert.equal(kept.status, 200);
  assert.deepEqual(kept.body.swarm[e.pubkey], { failed: true, timeout: true });
  await a.rpc("delete", account.delete([(await b.rpc("store", account.store("deleted meanwhile"))).body.hash]));
  await c.stop();
  const lost = await a.rpc("store", account.store("with two of five"));
  assert.deepEqual(lost, {
    status: 503,
    body: "Service node is not ready: not confirmed by a majority of the swarm",
  });
  for (const node of [c, d, e]) await node.start();
  await eventually(
    async () => {
      for (const node of [d, e]) {
        const { body } = await node.rpc("retrieve", account.retrieve());
        const texts = body.messages.map((message: { data: string }) => Buffer.from(message.data, "base64").toString());
        // What was refused may be there or not: it was never promised.
        const promised = texts.filter((text: string) => text !== "with two of five");
        assert.deepEqual(promised, ["with all", "with three of five"]);
      }
    },
    { timeoutMs: 60_000 },
  );
});

test("missed frames survive a restart of the node that keeps them", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  await c.stop();
  assert.equal((await a.rpc("store", account.store("missed"))).status, 200);
  await a.stop();
  await a.start();
  await c.start();
  await eventually(async () => assert.deepEqual(await counts([b, c]), [1, 1]), { timeoutMs: 60_000 });
  await eventually(() => assert.equal(a.service.node.data.pending.targets.length, 0), { timeoutMs: 60_000 });
});

test("a member that missed more than is kept is offered everything", async () => {
  await using swarm = await TestSwarm.start(3, { postgres, settings: { PENDING_FRAMES: "5" } });
  const [a, , c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  const first = await a.rpc("store", account.store("first"));
  await c.stop();
  for (let i = 0; i < 20; i++) await a.rpc("store", account.store(`missed ${i}`));
  await a.rpc("delete", account.delete([first.body.hash]));
  await c.start();
  await eventually(async () => assert.equal(await c.count(), 20), { timeoutMs: 60_000 });
});

test("frames that a member refuses for what they are do not stand before those that it takes", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const [refused, good] = [new TestAccount(), new TestAccount()];
  const metric = (node: TestNode, line: RegExp) =>
    eventually(async () => assert.match(await node.runtime!.metrics.render(), line), { timeoutMs: 60_000 });
  // What a new member pulls must not be mistaken for what is brought to it.
  for (const node of swarm.nodes) await metric(node, /swarmpost_storage_sync_tasks 0\b/);
  const methods = c.service.node.replicaMethods as Map<number, ReplicaMethod>;
  const take = methods.get(KIND.replicate)!;
  const refuse = (code: number) => {
    throw new LinkRefusal(code, "refused");
  };
  methods.set(KIND.replicate, () => refuse(REFUSAL.unavailable));
  for (let i = 0; i < 70; i++) await a.rpc("store", refused.store(`refused ${i}`));
  assert.equal((await a.rpc("store", good.store("taken"))).status, 200);
  const isRefused = (payload: Buffer) => payload.includes(Buffer.from(refused.id, "hex"));
  methods.set(KIND.replicate, (peer, payload) => (isRefused(payload) ? refuse(REFUSAL.stranger) : take(peer, payload)));
  await eventually(async () => assert.deepEqual(await counts([b, c]), [71, 1]), { timeoutMs: 60_000 });
  assert.equal(a.service.node.data.pending.size >= 70, true, "what is refused is kept");
  await metric(a, /swarmpost_storage_refused_frames 70\b/);
  methods.set(KIND.replicate, take);
  await eventually(async () => assert.deepEqual(await counts([b, c]), [71, 71]), { timeoutMs: 60_000 });
});

test("a member that hangs delays the answer no longer than the straggler time", async () => {
  await using swarm = await TestSwarm.start(5, { postgres, settings: { MEMBER_TIMEOUT_MS: "30000" } });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  const slow = swarm.nodes[4]!;
  const commits = slow.service.node.data.commits;
  const store = commits.store.bind(commits);
  const gate = Promise.withResolvers<void>();
  commits.store = async (record) => {
    await gate.promise;
    return store(record);
  };
  const account = new TestAccount();
  const started = performance.now();
  const { status, body } = await a.rpc("store", account.store("hello"));
  assert.equal(status, 200);
  assert.ok(performance.now() - started < 15_000);
  assert.deepEqual(body.swarm[slow.pubkey], { failed: true, timeout: true });
  gate.resolve();
  commits.store = store;
  await eventually(async () => assert.equal(await slow.count(), 1), { timeoutMs: 60_000 });
  assert.equal(await b.count(), 1);
});

test("a sender with an old map learns the new one from a refusal and sends to the new members", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const d = await swarm.add();
  const layout = new Map([[0n, [a, b, d]]]);
  swarm.setMap(layout, [b, c, d]);
  const account = new TestAccount();
  const storing = a.rpc("store", account.store("across"));
  const late = setTimeout(() => swarm.publish(), 300);
  const { status, body } = await storing;
  clearTimeout(late);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body.swarm).sort(), [a, b, d].map((node) => node.pubkey).sort());
  assert.equal(await d.count(), 1);
});

test("a member whose map is behind waits for it a moment before it refuses", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  const d = await swarm.add();
  swarm.setMap(new Map([[0n, [a, b, c, d]]]), [a, d]);
  const account = new TestAccount();
  const storing = a.rpc("store", account.store("early"));
  const late = setTimeout(() => swarm.publish(), 200);
  const { status, body } = await storing;
  clearTimeout(late);
  assert.equal(status, 200);
  assert.equal(Object.values(body.swarm).filter((entry) => (entry as { failed?: true }).failed).length, 0);
});

test("two maps at once give no majority to the old one", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  swarm.setMap(new Map([[0n, [b, c]]]), [b, c]);
  const { status } = await a.rpc("store", new TestAccount().store("stale"));
  assert.equal(status, 503);
});
