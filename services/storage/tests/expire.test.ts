import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { verify } from "@swarmpost/crypto";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const day = 86_400_000;

let swarm: TestSwarm;
let a: TestNode;
let b: TestNode;
before(async () => {
  swarm = await TestSwarm.start(3);
  [a, b] = swarm.nodes as [TestNode, TestNode];
});
after(() => swarm[Symbol.asyncDispose]());

async function stored(account: TestAccount, count: number, ttl = day, namespace = 0): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, i) => `message ${i} ${namespace}`);
  const answers = await Promise.all(texts.map((text) => a.rpc("store", account.store(text, { ttl, namespace }))));
  return answers.map(({ body }) => body.hash);
}

/** What each member says of the ends of messages. */
async function ends(account: TestAccount, hashes: readonly string[]): Promise<object[]> {
  const answers = await Promise.all(swarm.nodes.map((node) => node.rpc("get_expiries", account.getExpiries(hashes))));
  for (const { status, body } of answers) assert.deepEqual([status, Object.keys(body)], [200, ["expiries"]]);
  return answers.map(({ body }) => body.expiries);
}

function assertSigned(body: { swarm: Record<string, { signature: string }> }, text: string): void {
  assert.equal(Object.keys(body.swarm).length, swarm.nodes.length);
  for (const [member, { signature }] of Object.entries(body.swarm)) {
    assert.ok(verify(Buffer.from(signature, "base64"), Buffer.from(text), Buffer.from(member, "hex")));
  }
}

function everywhere(value: object): object[] {
  return swarm.nodes.map(() => value);
}

test("expire sets the end of messages at every member, each of which signs it", async () => {
  const account = new TestAccount();
  const hashes = await stored(account, 3);
  const expiry = Date.now() + 3 * day;
  const named = [...hashes.slice(0, 2), "A".repeat(43)];
  const { status, body } = await b.rpc("expire", account.expire(named, expiry));
  assert.equal(status, 200);
  const updated = hashes.slice(0, 2).sort();
  for (const node of swarm.nodes) {
    const { signature: _, ...entry } = body.swarm[node.pubkey];
    assert.deepEqual(entry, { updated, expiry });
  }
  assertSigned(body, `${account.id}${expiry}${named.join("")}${updated.join("")}`);
  const [one, two] = hashes as [string, string];
  assert.deepEqual(await ends(account, [one, two, "A".repeat(43)]), everywhere({ [one]: expiry, [two]: expiry }));
  const { body: read } = await a.rpc("retrieve", account.retrieve());
  assert.equal(read.messages.find((each: { hash: string }) => each.hash === one).expiration, expiry);
});

test("shorten and extend move one way only and list what they leave as it is", async () => {
  const account = new TestAccount();
  const hashes = await stored(account, 2);
  const [one, two] = hashes as [string, string];
  const [soon, later] = [Date.now() + 3_600_000, Date.now() + 2 * day];
  const shortened = await a.rpc("expire", account.expire([one], soon, "shorten"));
  assert.deepEqual(shortened.body.swarm[b.pubkey].unchanged, {});
  const [{ [two]: asStored }] = (await ends(account, [two])) as [Record<string, number>];
  const extended = await b.rpc("expire", account.expire(hashes, later, "extend"));
  assert.deepEqual(extended.body.swarm[a.pubkey].updated, [...hashes].sort());
  assert.ok(asStored! < later);
  const nothing = await b.rpc("expire", account.expire(hashes, soon, "extend"));
  const { updated, unchanged, expiry } = nothing.body.swarm[a.pubkey];
  assert.deepEqual([updated, unchanged, expiry], [[], { [one]: later, [two]: later }, soon]);
  const kept = [...hashes].sort().map((hash) => `${hash}${later}`);
  assertSigned(nothing.body, `${account.id}${soon}${hashes.join("")}${kept.join("")}`);
});

test("an expiry for each message, an end that is too far and one that hardly moves", async () => {
  const account = new TestAccount();
  const hashes = await stored(account, 3);
  const now = Date.now();
  const asked = [now + 2 * day, now + 40 * day, now + 3 * day];
  const { body } = await a.rpc("expire", account.expire(hashes, asked));
  const entry = body.swarm[b.pubkey];
  assert.deepEqual(entry.updated, [...hashes].sort());
  const byHash = Object.fromEntries(entry.updated.map((hash: string, i: number) => [hash, entry.expiry[i]]));
  assert.equal(byHash[hashes[0]!], asked[0]);
  assert.ok(Math.abs(byHash[hashes[1]!] - (now + 30 * day)) < 5_000);
  assert.equal(entry.unchanged, undefined);
  const trivial = await a.rpc("expire", account.expire([hashes[0]!], asked[0]! + 600_000, "extend"));
  assert.deepEqual(trivial.body.swarm[b.pubkey].unchanged, { [hashes[0]!]: asked[0] });
});

test("expire_all only shortens, in one namespace or in all", async () => {
  const account = new TestAccount();
  const short = await stored(account, 1, 60_000);
  const long = await stored(account, 2, day, 10);
  const expiry = Date.now() + 3_600_000;
  const none = await a.rpc("expire_all", account.expireAll(expiry));
  assert.deepEqual(none.body.swarm[b.pubkey].updated, []);
  const { body } = await a.rpc("expire_all", account.expireAll(expiry, "all"));
  assert.deepEqual(body.swarm[b.pubkey].updated, { "10": [...long].sort() });
  assertSigned(body, `${account.id}${expiry}${[...long].sort().join("")}`);
  const [found] = (await ends(account, [...short, ...long])) as [Record<string, number>];
  assert.ok(found[short[0]!]! < expiry);
  assert.deepEqual([found[long[0]!], found[long[1]!]], [expiry, expiry]);
});

test("what ended is not served, and its body goes with those of the day", async () => {
  const account = new TestAccount();
  const [hash] = (await stored(account, 1, 9 * day)) as [string];
  const { status } = await a.rpc("expire", account.expire([hash], Date.now() - 1_000));
  assert.equal(status, 200);
  assert.deepEqual(await ends(account, [hash]), everywhere({}));
  for (const node of swarm.nodes) {
    assert.deepEqual((await node.rpc("retrieve", account.retrieve())).body.messages, []);
    const { rows } = await node.service.node.data.database.query<{ day: number }>({
      text: "select b.day from message m join body b on b.seq = m.seq where m.account = $1",
      values: [Buffer.from(account.id, "hex")],
    });
    assert.deepEqual(
      rows.map((row) => row.day),
      [Math.floor(Date.now() / day)],
    );
  }
  await a.rpc("store", account.store("message 0 0"));
  assert.equal((await b.rpc("retrieve", account.retrieve())).body.messages.length, 1);
});

test("delete_all removes a namespace or all, and what is stored after it stays", async () => {
  const account = new TestAccount();
  const [here, there] = [await stored(account, 2), await stored(account, 1, day, 10)];
  const timestamp = Date.now();
  const one = await a.rpc("delete_all", account.deleteAll(undefined, timestamp));
  assert.deepEqual(one.body.swarm[b.pubkey].deleted, [...here].sort());
  assertSigned(one.body, `${account.id}${timestamp}${[...here].sort().join("")}`);
  const again = await stored(account, 2);
  assert.deepEqual(Object.keys((await ends(account, again))[1]!).length, 2);
  const all = await b.rpc("delete_all", account.deleteAll("all"));
  assert.deepEqual(all.body.swarm[a.pubkey].deleted, { "0": [...again].sort(), "10": there });
  assert.deepEqual(await ends(account, [...again, ...there]), everywhere({}));
});

test("delete_before goes by the senders' time", async () => {
  const account = new TestAccount();
  const at = Date.now() - 60_000;
  const texts = [0, 1, 2, 3];
  const answers = await Promise.all(texts.map((i) => a.rpc("store", account.store(`old ${i}`, { timestamp: at + i }))));
  const hashes = answers.map(({ body }) => body.hash as string);
  const { body } = await b.rpc("delete_before", account.deleteBefore(at + 1));
  assert.deepEqual(body.swarm[a.pubkey].deleted, hashes.slice(0, 2).sort());
  assertSigned(body, `${account.id}${at + 1}${hashes.slice(0, 2).sort().join("")}`);
  const all = await b.rpc("delete_before", account.deleteBefore(at + 2, "all"));
  assert.deepEqual(all.body.swarm[a.pubkey].deleted, { "0": [hashes[2]] });
  assert.deepEqual(Object.keys((await ends(account, hashes))[2]!), [hashes[3]]);
});

test("times that are wrong get the documented refusals", async () => {
  const account = new TestAccount();
  const refusal = async (method: string, params: object) => Object.values(await a.rpc(method, params));
  const old = Date.now() - 61_000;
  const hashes = ["A".repeat(43)];
  const tooOld = [401, "expire: timestamp should be >= current time"];
  assert.deepEqual(await refusal("expire", account.expire(hashes, old)), tooOld);
  const stale = [406, "expire_all timestamp should be >= current time"];
  assert.deepEqual(await refusal("expire_all", account.expireAll(old)), stale);
  const far = [406, "delete_all timestamp too far from current time"];
  assert.deepEqual(await refusal("delete_all", account.deleteAll(0, old)), far);
  assert.deepEqual(await refusal("delete_all", account.deleteAll(0, Date.now() + 120_000)), far);
  const future = [401, "delete_before timestamp too far in the future"];
  assert.deepEqual(await refusal("delete_before", account.deleteBefore(Date.now() + 120_000)), future);
  const long = [406, "get_expiries timestamp too far from current time"];
  assert.deepEqual(await refusal("get_expiries", account.getExpiries(hashes, old)), long);
});

test("a reply names what its own request did: of an earlier stamp too, of an earlier request not", async () => {
  const account = new TestAccount();
  b.clock.offsetMs = 15_000;
  const { hash } = (await b.rpc("store", account.store("stored by a clock that is ahead"))).body;
  b.clock.offsetMs = 0;
  const request = account.expire([hash], Date.now() + 9 * day, "extend");
  const first = await a.rpc("expire", request);
  for (const node of swarm.nodes) assert.deepEqual(first.body.swarm[node.pubkey].updated, [hash]);
  const second = await a.rpc("expire", request);
  for (const node of swarm.nodes) assert.deepEqual(second.body.swarm[node.pubkey].updated, []);
});
