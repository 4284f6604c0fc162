import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import { becomeWhole, patience } from "../testing/become-whole.ts";
import { answerLikeOlder, upgrade } from "../testing/older-program.ts";
import { askAs, frameTo, refusedWith } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const day = 86_400_000;

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

const bytesOf = (account: TestAccount) => Buffer.from(account.id, "hex");
async function stored(node: TestNode, account: TestAccount, text: string): Promise<string> {
  const { status, body } = await node.rpc("store", account.store(text));
  assert.equal(status, 200);
  return body.hash;
}

/** What a node has of an account: the ends of its messages by hash, what it was signed, and whether its token is revoked. */
async function stateOf(node: TestNode, account: TestAccount) {
  const { database, changes, revocations } = node.service.node.data;
  const key = bytesOf(account);
  const { rows } = await database.query<{ hash: Buffer; expiry_ms: bigint }>({
    text: "select hash, expiry_ms from message where account = $1 and expiry_ms > $2",
    values: [key, node.clock.now()],
  });
  const ends = rows.map(({ hash, expiry_ms }) => [hash.toString("base64").replace("=", ""), Number(expiry_ms)]);
  const requests = await changes.page({ after: undefined, account: key, limit: 100, nowMs: node.clock.now() });
  const revoked = await revocations.isRevoked({ account: key, token: account.token() });
  return { ends: Object.fromEntries(ends), requests: requests.length, revoked };
}

async function become(nodes: readonly TestNode[], account: TestAccount, expected: object): Promise<void> {
  await eventually(async () => {
    for (const node of nodes) assert.deepEqual(await stateOf(node, account), expected);
  }, patience);
}

/** Changes by every kind of request; resolves with what every member comes to have. */
async function changeAll(node: TestNode, account: TestAccount): Promise<object> {
  const [kept, gone] = [await stored(node, account, "kept"), await stored(node, account, "gone")];
  const late = Date.now() + 20 * day;
  const expire = await node.rpc("expire", account.expire([kept], late, "extend"));
  const before = await node.rpc("delete_before", account.deleteBefore(Date.now() - 10_000));
  const deleted = await node.rpc("delete", account.delete([gone]));
  const revoked = await node.rpc("revoke_subaccount", account.revocation("revoke", [account.token()]));
  assert.deepEqual(
    [expire, before, deleted, revoked].map(({ status }) => status),
    [200, 200, 200, 200],
  );
  return { ends: { [kept]: late }, requests: 2, revoked: true };
}

test("members that are replaced one by one lose nothing, and the later programs agree on what the older ones do not know", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  swarm.nodes.forEach(answerLikeOlder);
  const [before, account] = [new TestAccount(), new TestAccount()];
  const first = await stored(c, before, "before all of it");
  await upgrade(a);
  swarm.publish();
  await becomeWhole([a]);
  const alone = await a.rpc("delete_all", before.deleteAll("all", Date.now()));
  assert.equal(alone.status, 503, "no majority knows what that is");
  const again = await stored(b, before, "before all of it");
  assert.equal(again, first);
  await upgrade(b);
  swarm.publish();
  await becomeWhole([b]);
  const expected = await changeAll(a, account);
  await become([a, b], account, expected);
  assert.deepEqual((await stateOf(c, account)).revoked, false);
  const d = await swarm.add();
  swarm.setMap(new Map([[0n, [a, b, c, d]]]));
  await becomeWhole([d]);
  await become([a, b, d], account, expected);
  await upgrade(c);
  swarm.publish();
  await becomeWhole(swarm.nodes);
  await become(swarm.nodes, account, expected);
  for (const node of swarm.nodes) assert.deepEqual(Object.keys((await stateOf(node, before)).ends), [first]);
});

test("what a member refused because it did not know it is brought to it again", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, , c] = swarm.nodes as [TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  answerLikeOlder(c);
  const account = new TestAccount();
  const expected = await changeAll(a, account);
  const refused = async () =>
    /swarmpost_storage_refused_frames (\d+)/.exec((await a.runtime?.metrics.render()) ?? "")?.[1];
  await eventually(async () => assert.equal(await refused(), "3"), patience);
  await c.stop();
  await c.start();
  swarm.publish();
  await become([c], account, expected);
});

test("a member that came while it did not know them pulls changes and revocations once it does", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const account = new TestAccount();
  await becomeWhole(swarm.nodes);
  const expected = await changeAll(swarm.nodes[0] as TestNode, account);
  const older = await swarm.add();
  answerLikeOlder(older);
  swarm.setMap(new Map([[0n, swarm.nodes]]));
  await becomeWhole([older]);
  await upgrade(older);
  swarm.publish();
  await become([older], account, expected);
});

test("who no longer keeps an account keeps what was changed until those who do know what that is", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  swarm.setMap(new Map([[0n, [a]]]));
  await becomeWhole([a]);
  const account = new TestAccount();
  const expected = await changeAll(a, account);
  answerLikeOlder(b);
  swarm.setMap(new Map([[0n, [b]]]));
  // Messages go with the tombstones, which every program knows, but none of an account with changes that are not settled.
  await eventually(async () => assert.equal(await b.count(), 1), patience);
  await upgrade(b);
  swarm.publish();
  await become([b], account, expected);
  await become([a], account, { ends: {}, requests: 0, revoked: false });
});

test("a newcomer is whole although most of those that it pulls from know no changes", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const account = new TestAccount();
  await becomeWhole(swarm.nodes);
  swarm.nodes.forEach(answerLikeOlder);
  const hash = await stored(swarm.nodes[0] as TestNode, account, "held by older programs");
  const newcomer = await swarm.add();
  swarm.setMap(new Map([[0n, swarm.nodes]]));
  await becomeWhole([newcomer]);
  assert.deepEqual(Object.keys((await stateOf(newcomer, account)).ends), [hash]);
});

test("what a later program asks or brings is refused by a number of its own", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  const unknown = refusedWith(REFUSAL.unknown);
  await assert.rejects(askAs(a, b, 200, Buffer.alloc(3)), unknown);
  const record = { kind: "delete" as const, account: bytesOf(new TestAccount()), hashes: [] };
  const frame = frameTo(b, {
    ...record,
    stamp: { ms: Date.now(), node: Buffer.alloc(32) },
    request: Buffer.from("{}"),
  });
  frame.writeUInt8(200, 25);
  await assert.rejects(askAs(a, b, KIND.replicate, frame), unknown);
});
