import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Query } from "@swarmpost/postgres";
import { openLocalLink } from "@swarmpost/rpc";
import { eventually } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { RpcAnswer, TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const WAIT = 15_000;
let swarm: TestSwarm;
let entry: TestNode;
let member: TestNode;
before(async () => {
  swarm = await TestSwarm.start(3, { settings: { WAITING_READERS: "1100", WAITING_READERS_PER_CALLER: "1000" } });
  [entry, member] = swarm.nodes as [TestNode, TestNode];
});
after(() => swarm[Symbol.asyncDispose]());

const readers = (node: TestNode) => node.service.node.data.waits.readers;
const texts = (answer: RpcAnswer) =>
  answer.body.messages.map(({ data }: { data: string }) => Buffer.from(data, "base64").toString());

/** Begins a wait and resolves once the node waits. */
async function waiting(node: TestNode, account: TestAccount, more: object = {}): Promise<Promise<RpcAnswer>[]> {
  const before = readers(node);
  const answer = node.rpc("retrieve", { ...account.retrieve(), wait: WAIT, ...more });
  await eventually(() => readers(node) > before);
  return [answer];
}

async function timed(answer: Promise<RpcAnswer> | undefined): Promise<{ answer: RpcAnswer; ms: number }> {
  const started = performance.now();
  return { answer: (await answer) as RpcAnswer, ms: performance.now() - started };
}

test("a waiting reader gets a message as it is stored, on the node that takes it and on any other member", async () => {
  const account = new TestAccount();
  const [here] = await waiting(entry, account);
  const [there] = await waiting(member, account);
  assert.equal((await entry.rpc("store", account.store("hello"))).status, 200);
  const started = performance.now();
  for (const answer of (await Promise.all([here, there])) as RpcAnswer[]) {
    assert.deepEqual([answer.status, texts(answer), answer.body.more], [200, ["hello"], false]);
  }
  assert.ok(performance.now() - started < 1_000);
  assert.deepEqual([readers(entry), entry.service.node.data.waits.remembered], [0, 0]);
});

test("who has messages to read does not wait, and the wait goes on after what is known already", async () => {
  const account = new TestAccount();
  const first = await entry.rpc("store", account.store("one"));
  const at = await entry.rpc("retrieve", { ...account.retrieve(), wait: WAIT });
  assert.deepEqual(texts(at), ["one"]);
  const [next] = await waiting(entry, account, { last_hash: first.body.hash });
  await entry.rpc("store", account.store("one"));
  assert.equal(readers(entry), 1, "the same message again is nothing new");
  await entry.rpc("store", account.store("two"));
  assert.deepEqual(texts((await next) as RpcAnswer), ["two"]);
});

test("a wait ends without messages when its time is over", async () => {
  const account = new TestAccount();
  const { answer, ms } = await timed(entry.rpc("retrieve", { ...account.retrieve(), wait: 300 }));
  assert.deepEqual([answer.status, answer.body.messages, answer.body.more], [200, [], false]);
  assert.ok(ms >= 290 && ms < 3_000, `${ms} ms`);
});

test("a reader that goes away leaves its place at once", async () => {
  await using link = openLocalLink(entry.service.localAddress);
  const leaving = new AbortController();
  const reads = [0, 2].map((namespace) => ({
    method: "retrieve",
    params: { ...new TestAccount().retrieve({ namespace }), wait: WAIT },
  }));
  const request = Buffer.from(`\0${JSON.stringify({ method: "batch", params: { requests: reads } })}`);
  const answer = link.request(1, request, { deadlineMs: 30_000, signal: leaving.signal });
  await eventually(() => readers(entry) === reads.length);
  const started = performance.now();
  leaving.abort();
  await assert.rejects(answer, { code: "cancelled" });
  await eventually(() => readers(entry) === 0);
  assert.ok(performance.now() - started < 1_000);
  assert.equal(entry.service.node.data.waits.remembered, 0);
});

test("a message in another namespace or for another account wakes nobody", async () => {
  const [account, other] = [new TestAccount(), new TestAccount()];
  const started = entry.rpc("retrieve", { ...account.retrieve(), wait: 600 });
  await eventually(() => readers(entry) === 1);
  await entry.rpc("store", account.store("elsewhere", { namespace: 2 }));
  await entry.rpc("store", other.store("not yours"));
  assert.deepEqual((await started).body.messages, []);
});

test("a thousand waiting readers of one account cost one query", async () => {
  const account = new TestAccount();
  const params = { ...account.retrieve(), wait: WAIT };
  const all = Array.from({ length: 1_000 }, () => entry.rpc("retrieve", params));
  await eventually(() => readers(entry) === 1_000);
  // Polls follow each other: once this one is answered, the first look of the last reader is, too.
  await entry.rpc("retrieve", account.retrieve());
  const { database } = entry.service.node.data;
  const query = database.query.bind(database);
  let polls = 0;
  database.query = async <R>(each: Query) => {
    if (each.name?.startsWith("poll_")) polls++;
    return query<R>(each);
  };
  await member.rpc("store", account.store("to everybody"));
  const answers = await Promise.all(all);
  database.query = query;
  assert.ok(answers.every((answer) => answer.status === 200 && texts(answer)[0] === "to everybody"));
  assert.equal(polls, 1);
  assert.deepEqual([readers(entry), entry.service.node.data.waits.remembered], [0, 0]);
});

test("readers of many accounts are woken by one batch of commits and looked up together", async () => {
  const accounts = Array.from({ length: 60 }, () => new TestAccount());
  const all = accounts.map((account) => entry.rpc("retrieve", { ...account.retrieve(), wait: WAIT }));
  await eventually(() => readers(entry) === accounts.length);
  await Promise.all(accounts.map((account, i) => entry.rpc("store", account.store(`message ${i}`))));
  assert.deepEqual(
    (await Promise.all(all)).map(texts),
    accounts.map((_, i) => [`message ${i}`]),
  );
});

test("one reader more than a caller or the node may have is answered at once", async () => {
  const [account, other] = [new TestAccount(), new TestAccount()];
  const params = { ...account.retrieve(), wait: WAIT };
  const all = Array.from({ length: 1_000 }, () => entry.rpc("retrieve", params));
  await eventually(() => readers(entry) === 1_000);
  const refused = await timed(entry.rpc("retrieve", params));
  assert.deepEqual([refused.answer.status, refused.answer.body.messages], [200, []]);
  assert.ok(refused.ms < 5_000, `${refused.ms} ms`);
  const others = Array.from({ length: 100 }, () => entry.rpc("retrieve", { ...other.retrieve(), wait: WAIT }));
  await eventually(() => readers(entry) === 1_100);
  assert.deepEqual((await entry.rpc("retrieve", { ...new TestAccount().retrieve(), wait: WAIT })).body.messages, []);
  for (const each of [account, other]) await entry.rpc("store", each.store("done"));
  for (const answer of await Promise.all([...all, ...others])) assert.deepEqual(texts(answer), ["done"]);
  assert.match(await entry.runtime!.metrics.render(), /waits_total\{result="full"\} 2/);
});

test("the retrieves of a batch wait together, and one with messages or a refusal answers for all", async () => {
  const account = new TestAccount();
  const each = (namespace: number, more: object = {}) => ({
    method: "retrieve",
    params: { ...account.retrieve({ namespace }), wait: WAIT, ...more },
  });
  const batch = entry.rpc("batch", { requests: [each(0), each(2), each(3)] });
  await eventually(() => readers(entry) === 3);
  await entry.rpc("store", account.store("settings", { namespace: 2 }));
  const { results } = (await batch).body;
  assert.deepEqual(
    results.map(({ code, body }: { code: number; body: { messages: unknown[] } }) => [code, body.messages.length]),
    [
      [200, 0],
      [200, 1],
      [200, 0],
    ],
  );
  const wrong = each(3, { signature: account.signed("other").signature });
  const refused = await timed(entry.rpc("batch", { requests: [each(0), wrong] }));
  assert.deepEqual(
    refused.answer.body.results.map(({ code }: { code: number }) => code),
    [200, 401],
  );
  assert.ok(refused.ms < 3_000);
});

test("a message that comes in the moment in which the rights are looked at again is not lost", async () => {
  const account = new TestAccount();
  const [answer] = await waiting(entry, account, { wait: 3_000 });
  const { waits } = entry.service.node.data;
  const stored = waits.stored.bind(waits);
  waits.stored = (of, namespace) => {
    stored(of, namespace);
    waits.recheck(() => true);
  };
  await entry.rpc("store", account.store("in the same moment"));
  waits.stored = stored;
  assert.deepEqual(texts((await answer) as RpcAnswer), ["in the same moment"]);
});

test("a node that leaves the swarm sends its waiting readers to those who keep the account now", async () => {
  await using two = await TestSwarm.start(2, { postgres: swarm.postgres });
  const [leaver, stayer] = two.nodes as [TestNode, TestNode];
  const account = new TestAccount();
  const [answer] = await waiting(leaver, account);
  two.setMap(new Map([[0n, [stayer]]]));
  const { status, body } = (await answer) as RpcAnswer;
  assert.equal(status, 421);
  assert.deepEqual(
    body.snodes.map((node: { pubkey_ed25519: string }) => node.pubkey_ed25519),
    [stayer.pubkey],
  );
});

test("a map change that leaves the account where it is does not end the wait", async () => {
  await using two = await TestSwarm.start(2, { postgres: swarm.postgres });
  const [stayer, leaver] = two.nodes as [TestNode, TestNode];
  const account = new TestAccount();
  const [answer] = await waiting(stayer, account);
  two.setMap(new Map([[0n, [stayer]]]));
  assert.equal(readers(stayer), 1);
  await stayer.rpc("store", account.store("still here"));
  assert.deepEqual(texts((await answer) as RpcAnswer), ["still here"]);
  assert.equal(readers(leaver), 0);
});

test("a node that is stopped sends its waiting readers to other members, and stops soon", async () => {
  await using one = await TestSwarm.start(1, { postgres: swarm.postgres });
  const [node] = one.nodes as [TestNode];
  const [answer] = await waiting(node, new TestAccount());
  const started = performance.now();
  const stopped = node.stop();
  const { status, body } = (await answer) as RpcAnswer;
  assert.deepEqual([status, body], [503, "Service node is not ready: shutting down"]);
  await stopped;
  assert.ok(performance.now() - started < 5_000);
});
