import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomBytes, verify } from "@swarmpost/crypto";
import { MAX_DELETE_HASHES, messageHashFromBytes } from "@swarmpost/storage-rpc";
import { eventually } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 60_000 };

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

test("a store that reaches a member after its deletion does not come back there", async () => {
  const account = new TestAccount();
  const c = swarm.nodes[2]!;
  await b.rpc("store", account.store("both"));
  await c.stop();
  const { hash } = (await a.rpc("store", account.store("late"))).body;
  await a.stop();
  await c.start();
  await eventually(async () => {
    const { status, body } = await b.rpc("delete", account.delete([hash]));
    assert.equal(status, 200);
    assert.deepEqual(body.swarm[c.pubkey].deleted, []);
  }, patience);
  await a.start();
  await eventually(async () => {
    assert.equal(a.service.node.data.pending.size, 0);
    assert.equal(b.service.node.data.pending.size, 0);
  }, patience);
  const reads = await Promise.all(swarm.nodes.map((node) => node.rpc("retrieve", account.retrieve())));
  for (const { body: page } of reads) {
    assert.ok(!page.messages.some((message: { hash: string }) => message.hash === hash));
    assert.ok(page.messages.length > 0);
  }
});

test("a request that names as many messages as it may is done in time, and is written once", async () => {
  await using lone = await TestSwarm.start(1, { postgres: swarm.postgres });
  const node = lone.nodes[0]!;
  const account = new TestAccount();
  const { body } = await node.rpc("store", account.store("the last one named"));
  const others = Array.from({ length: MAX_DELETE_HASHES - 1 }, () => messageHashFromBytes(randomBytes(32)));
  const { database } = node.service.node.data;
  const query = database.query.bind(database);
  let sent = 0;
  database.query = (each) => {
    const requests = each.name === "commit_burials" ? each.values?.at(-1) : [];
    sent += (requests as Buffer[]).length;
    return query(each);
  };
  const reply = await node.rpc("delete", account.delete([...others, body.hash]));
  database.query = query;
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.body.swarm[node.pubkey].deleted, [body.hash]);
  assert.equal(sent, 1);
  const { rows } = await query<{ graves: bigint; requests: bigint; expiries: bigint }>({
    text: `select count(*) as graves, count(distinct d.id) as requests, count(distinct d.expiry_ms) as expiries
           from tombstone t join deletion d on d.id = t.deletion and d.account = t.account where t.account = $1
           and d.expiry_ms >= t.expiry_ms`,
    values: [Buffer.from(account.id, "hex")],
  });
  assert.deepEqual(rows, [{ graves: BigInt(MAX_DELETE_HASHES), requests: 1n, expiries: 1n }]);
});

test("one member that claims a deletion from the future moves nobody's stamps", async () => {
  const account = new TestAccount();
  const { commits } = b.service.node.data;
  const store = commits.store.bind(commits);
  commits.store = async () => ({ outcome: "superseded", stampMs: Date.now() + 60_000, isNew: false });
  const { status, body } = await a.rpc("store", account.store("honest"));
  commits.store = store;
  assert.equal(status, 200);
  assert.equal(body.swarm[b.pubkey].failed, true);
  const { rows } = await a.service.node.data.database.query<{ stamp_ms: bigint }>({
    text: "select stamp_ms from message where hash = $1",
    values: [Buffer.from(body.hash, "base64")],
  });
  assert.ok(Number(rows[0]?.stamp_ms) <= Date.now());
});
