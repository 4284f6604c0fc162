import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { verify } from "@swarmpost/crypto";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let swarm: TestSwarm;
let node: TestNode;
before(async () => {
  swarm = await TestSwarm.start(1);
  node = swarm.nodes[0]!;
});
after(() => swarm[Symbol.asyncDispose]());

async function refused(method: string, params: object, status: number, body: string): Promise<void> {
  assert.deepEqual(await node.rpc(method, params), { status, body });
}

function texts(messages: { data: string }[]): string[] {
  return messages.map((message) => Buffer.from(message.data, "base64").toString());
}

test("a malformed request gets the documented text", async () => {
  assert.deepEqual(await node.raw("{"), { status: 400, body: "invalid json" });
  assert.deepEqual(await node.raw('{"params":{}}'), { status: 400, body: "invalid json: no `method` field" });
  assert.deepEqual(await node.raw('{"method":"info"}'), { status: 400, body: "invalid json: no `params` field" });
  await refused("nonsense", {}, 400, "no method nonsense");
});

test("a store with parameters out of range is refused with the documented code", async () => {
  const account = new TestAccount();
  const good = account.store("x");
  await refused("store", { ...good, ttl: 9_999 }, 403, "Provided expiry/TTL is not valid.");
  await refused("store", { ...good, ttl: 15 * 86_400_000 }, 403, "Provided expiry/TTL is not valid.");
  const ahead = { timestamp: Date.now() + 20_000 };
  await refused("store", { ...good, ...ahead }, 406, "Timestamp error: check your clock");
  const past = { timestamp: Date.now() - 200_000, ttl: 100_000 };
  await refused("store", { ...good, ...past }, 406, "Timestamp error: check your clock");
  await refused("store", { ...good, data: "%%%" }, 400, "invalid request: Invalid 'data' value: not base64 encoded");
  const oversize = { data: Buffer.alloc(76_801).toString("base64") };
  const tooLong = "invalid request: Message body exceeds maximum allowed length of 76800 bytes";
  await refused("store", { ...good, ...oversize }, 400, tooLong);
});

test("a private namespace asks for a signature, a fresh one, and a right one", async () => {
  const account = new TestAccount();
  const unsigned = { ...account.store("x"), namespace: 3 };
  await refused("store", unsigned, 401, "store: signature required to store to namespace 3");
  const stale = account.store("x", { namespace: 3, timestamp: Date.now() - 61_000 });
  await refused("store", stale, 406, "store signature timestamp too far from current time");
  const other = { ...account.store("x", { namespace: 3 }), namespace: 5 };
  await refused("store", other, 401, "store signature verification failed");
  assert.equal((await node.rpc("store", account.store("x", { namespace: 3 }))).status, 200);
});

test("a retrieve is answered to the owner only", async () => {
  const account = new TestAccount();
  const good = account.retrieve();
  await refused("retrieve", { pubkey: account.id }, 401, "retrieve: request signature required");
  const later = { ...good, timestamp: Date.now() + 1 };
  await refused("retrieve", later, 401, "retrieve signature verification failed");
  const old = { ...good, timestamp: Date.now() - 61_000 };
  await refused("retrieve", old, 406, "retrieve timestamp too far from current time");
  const foreign = { ...new TestAccount().retrieve(), pubkey: account.id };
  await refused("retrieve", foreign, 401, "retrieve signature verification failed");
});

test("an account of another swarm gets a 421 with its swarm, and get_swarm tells it to anyone", async () => {
  const account = new TestAccount();
  const stranger = await swarm.add();
  const told = await stranger.rpc("retrieve", account.retrieve());
  assert.equal(told.status, 421);
  assert.equal(told.body.swarm, "0");
  assert.deepEqual(Object.keys(told.body), ["snodes", "swarm", "t", "hf"]);
  assert.equal(told.body.snodes[0].pubkey_ed25519, node.pubkey);
  const asked = await stranger.rpc("get_swarm", { pubkey: account.id });
  assert.equal(asked.status, 200);
  assert.deepEqual(asked.body.snodes, told.body.snodes);
});

test("info tells the version whose behaviour this is", async () => {
  const { status, body } = await node.rpc("info", {});
  assert.equal(status, 200);
  assert.deepEqual(body.version, [2, 11, 0]);
  assert.ok(Math.abs(body.t - Date.now()) < 5_000);
});

test("paging by last_hash gives every message once, in the order of the stores", async () => {
  const account = new TestAccount();
  const sent = Array.from({ length: 25 }, (_, i) => `message ${i}`);
  for (const text of sent) assert.equal((await node.rpc("store", account.store(text))).status, 200);
  const read: string[] = [];
  for (let last_hash = ""; ; ) {
    const { body } = await node.rpc("retrieve", account.retrieve({ last_hash, max_count: 10 }));
    read.push(...texts(body.messages));
    assert.equal(body.more, read.length < sent.length);
    if (!body.more) break;
    last_hash = body.messages.at(-1).hash;
  }
  assert.deepEqual(read, sent);
  const unknown = await node.rpc("retrieve", account.retrieve({ last_hash: "A".repeat(43) }));
  assert.equal(unknown.body.messages.length, sent.length);
  const reverse = await node.rpc("retrieve", { ...account.retrieve({ max_count: 2 }), reverse_direction: true });
  assert.deepEqual(texts(reverse.body.messages), ["message 24", "message 23"]);
});

test("concurrent stores never become visible behind a message that was already read", async () => {
  const account = new TestAccount();
  const seen: string[] = [];
  let last_hash = "";
  const writers = Array.from({ length: 60 }, (_, i) => node.rpc("store", account.store(`concurrent ${i}`)));
  let storing = true;
  const all = Promise.all(writers).then(() => {
    storing = false;
  });
  for (let again = true; again; ) {
    again = storing;
    const { body } = await node.rpc("retrieve", account.retrieve({ last_hash }));
    seen.push(...texts(body.messages));
    last_hash = body.messages.at(-1)?.hash ?? last_hash;
  }
  await all;
  assert.equal(new Set(seen).size, 60);
  assert.equal(seen.length, 60);
});

test("a page ends by size, at least one message is given, and more is told", async () => {
  const account = new TestAccount();
  for (let i = 0; i < 12; i++) {
    await node.rpc("store", account.store(Buffer.alloc(70_000, i)));
  }
  const count = async (max_size: number) => {
    const { body } = await node.rpc("retrieve", account.retrieve({ max_size }));
    return [body.messages.length, body.more];
  };
  assert.deepEqual(await count(500_000), [5, true]);
  assert.deepEqual(await count(600_000), [6, true]);
  assert.deepEqual(await count(1), [1, true]);
  assert.deepEqual(await count(-1), [12, false]);
});

test("storing the same bytes again extends the message and says already", async () => {
  const account = new TestAccount();
  const first = await node.rpc("store", account.store("same", { ttl: 86_400_000 }));
  const again = await node.rpc("store", account.store("same", { ttl: 3 * 86_400_000 }));
  const [one, two] = [first, again].map(({ body }) => body.swarm[node.pubkey]);
  assert.equal(one.already, undefined);
  assert.equal(two.already, true);
  assert.equal(two.hash, one.hash);
  assert.ok(two.expiry > one.expiry);
  assert.ok(verify(Buffer.from(two.signature, "base64"), Buffer.from(two.hash), node.keys.ed25519.publicKey));
  const { body } = await node.rpc("retrieve", account.retrieve());
  assert.equal(body.messages.length, 1);
  assert.equal(body.messages[0].expiration, two.expiry);
  assert.deepEqual(texts(body.messages), ["same"]);
});

test("namespaces do not see each other", async () => {
  const account = new TestAccount();
  await node.rpc("store", account.store("public"));
  await node.rpc("store", account.store("private", { namespace: 2 }));
  const inbox = await node.rpc("retrieve", account.retrieve());
  const own = await node.rpc("retrieve", account.retrieve({ namespace: 2 }));
  assert.deepEqual([texts(inbox.body.messages), texts(own.body.messages)], [["public"], ["private"]]);
});

test("a batch answers each request; a sequence stops at the first that fails", async () => {
  const account = new TestAccount();
  const requests = [
    { method: "store", params: account.store("one") },
    { method: "retrieve", params: { pubkey: account.id } },
    { method: "store", params: account.store("two") },
  ];
  const codes = (body: { results: { code: number }[] }) => body.results.map((result) => result.code);
  const batch = await node.rpc("batch", { requests });
  assert.equal(batch.status, 200);
  assert.deepEqual(codes(batch.body), [200, 401, 200]);
  const sequence = await node.rpc("sequence", { requests });
  assert.deepEqual(codes(sequence.body), [200, 401]);
  const effects = [requests[0], { method: "retrieve", params: account.retrieve() }];
  const { body } = await node.rpc("sequence", { requests: effects });
  assert.equal(body.results[1].body.messages.length, 2);
  const bad = { requests: [requests[0], { method: "nonsense", params: {} }] };
  await refused("batch", bad, 400, 'invalid request: Invalid batch subrequest: invalid method "nonsense"');
});

test("a message is not served after its expiry although it is still on disk", async () => {
  const account = new TestAccount();
  await node.rpc("store", account.store("short", { ttl: 10_000 }));
  node.clock.offsetMs = 10_001;
  try {
    const timestamp = node.clock.now();
    const signed = { pubkey: account.id, timestamp, ...account.signed(`retrieve${timestamp}`) };
    const { body } = await node.rpc("retrieve", signed);
    assert.deepEqual(body.messages, []);
  } finally {
    node.clock.offsetMs = 0;
  }
});
