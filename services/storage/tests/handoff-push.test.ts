import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { emptySwarmMapView } from "@swarmpost/network-view";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { ed25519PublicToX25519 } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import { NodeView } from "../node-view.ts";
import type { ReplicaMethod } from "../replica-handler.ts";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import { keptRequests } from "../kept-requests.ts";
import { StrayPush, type StrayPushParts } from "../stray-push.ts";
import { answerLikeOlder } from "../testing/older-program.ts";
import { linksTo } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;
const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

const becomeWhole = (nodes: readonly TestNode[]) =>
  eventually(() => assert.ok(nodes.every((node) => node.service.node.whole.ownState === "whole")), patience);

async function store(node: TestNode, account: TestAccount): Promise<void> {
  const { status, body } = await node.rpc("store", account.store("kept"));
  assert.equal(status, 200, JSON.stringify(body));
}

function pushFrom(node: TestNode, parts: Pick<StrayPushParts, "view" | "links" | "state">): StrayPush {
  const own = { ...node.service.node.data, clock: node.clock, onPushed: () => undefined };
  const kept = keptRequests({ ...own, convert: ed25519PublicToX25519, keeps: () => true });
  return new StrayPush({ ...own, ...parts, kept });
}

test("a node that knows no map after its restart still hands over what it has once it knows the map", async () => {
  await using swarm = await TestSwarm.start(4, { postgres });
  const [a, b, c, leaver] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  await c.stop();
  await store(leaver, new TestAccount());
  swarm.setMap(new Map([[0n, [a, b, c]]]), [a, b, leaver]);
  const followed = () =>
    leaver.service.node.data.database.query<{ hash: string }>({
      text: "select state::jsonb->'map'->>'hash' as hash from swarm_state",
    });
  await eventually(async () => assert.equal((await followed()).rows[0]?.hash, a.view.current.mapHash), patience);
  await leaver.stop();
  leaver.view.set({ registered: undefined, map: emptySwarmMapView, previousMap: undefined, contacts: new Map() });
  let pages = 0;
  await leaver.start();
  const { messages } = leaver.service.node.data;
  const page = messages.page.bind(messages);
  messages.page = (...args) => {
    pages++;
    return page(...args);
  };
  const looked = eventually(() => assert.ok(pages > 0), { timeoutMs: 500 });
  await assert.rejects(looked, "nothing can be stray without a map");
  await c.start();
  swarm.publish();
  await eventually(async () => assert.deepEqual([await leaver.count(), await c.count()], [0, 1]), patience);
});

test("a member that answers with nonsense stops no handing over to others", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [leaver] = swarm.nodes as [TestNode];
  await becomeWhole([leaver]);
  const [bad, good] = [await swarm.add(), await swarm.add()];
  for (const node of [bad, good]) leaver.cut.add(node.pubkey);
  const accounts = Array.from({ length: 12 }, () => new TestAccount());
  for (const account of accounts) await store(leaver, account);
  const methods = bad.service.node.replicaMethods as Map<number, ReplicaMethod>;
  methods.set(KIND.handOver, async () => Buffer.of(1));
  swarm.setMap(
    new Map([
      [0n, [bad]],
      [OTHER, [good]],
    ]),
  );
  const { current } = leaver.view;
  const keepers = accounts.map((each) => current.responsible(Buffer.from(each.id, "hex").subarray(1))?.members[0]);
  const expected = keepers.filter((keeper) => keeper === good.pubkey).length;
  await eventually(async () => assert.equal(await good.count(), expected), patience);
});

test("a member was brought everything only when it says that it has everything", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  await store(a, new TestAccount());
  await b.service.node.data.database.query({ text: "delete from message" });
  const methods = b.service.node.replicaMethods as Map<number, ReplicaMethod>;
  const honest = methods.get(KIND.handOver) as ReplicaMethod;
  methods.set(KIND.handOver, async () => Buffer.of(1, 0, 0, 0, 0));
  await using links = linksTo(b, a);
  const view = new NodeView(a.pubkey, a.view);
  const state = { erasing: () => Promise.reject(new Error("nothing is to be erased")) };
  const push = pushFrom(a, { view, links, state });
  assert.equal(await push.offerAll(b.pubkey), false);
  methods.set(KIND.handOver, honest);
  assert.equal(await push.offerAll(b.pubkey), true);
  assert.equal(await b.count(), 1);
});

test("a member whose program knows no changes is brought the messages, and one that refuses them for now is not done", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  await store(a, account);
  assert.equal((await a.rpc("delete_before", account.deleteBefore(Date.now() - 10_000))).status, 200);
  await b.service.node.data.database.query({ text: "delete from message" });
  await using links = linksTo(b, a);
  const state = { erasing: () => Promise.reject(new Error("nothing is to be erased")) };
  const push = pushFrom(a, { view: new NodeView(a.pubkey, a.view), links, state });
  const methods = b.service.node.replicaMethods as Map<number, ReplicaMethod>;
  methods.set(KIND.bringChanges, async () => {
    throw new LinkRefusal(REFUSAL.unavailable, "later");
  });
  assert.equal(await push.offerAll(b.pubkey), false);
  answerLikeOlder(b);
  assert.equal(await push.offerAll(b.pubkey), true);
  assert.equal(await b.count(), 1);
});

test("a message is not erased on the word of a member that has not heard of all that prolonged it", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const account = new TestAccount();
  const { hash } = (await a.rpc("store", account.store("prolonged"))).body;
  await a.rpc("expire", account.expire([hash], Date.now() + 10_000, "shorten"));
  await a.rpc("expire", account.expire([hash], Date.now() + 86_400_000, "extend"));
  const { database } = b.service.node.data;
  await database.query({ text: "delete from message" });
  await database.query({ text: "delete from change where mode = 2" });
  await database.query({
    text: "delete from change_request where stamp_ms = (select max(stamp_ms) from change_request)",
  });
  b.clock.offsetMs = 15_000;
  const methods = b.service.node.replicaMethods as Map<number, ReplicaMethod>;
  const honest = methods.get(KIND.bringChanges) as ReplicaMethod;
  methods.set(KIND.bringChanges, async () => Buffer.alloc(0));
  await using links = linksTo(b, a);
  const view = new NodeView(a.pubkey, a.view);
  const keeper = { ...(view.ownSwarm ?? assert.fail("no swarm")), members: [b.pubkey] };
  view.responsible = () => keeper;
  const state = { erasing: async () => undefined };
  const push = pushFrom(a, { view, links, state });
  assert.ok((await push.run(AbortSignal.timeout(30_000))) > 0);
  assert.deepEqual([await a.count(), await b.count()], [1, 0]);
  methods.set(KIND.bringChanges, honest);
  await eventually(async () => assert.equal(await push.run(AbortSignal.timeout(30_000)), 0), patience);
  assert.deepEqual([await a.count(), await b.count()], [0, 1]);
});
