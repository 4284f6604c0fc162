import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { DEFAULT_NAMESPACE, messageHash } from "@swarmpost/storage-rpc";
import { createAccount } from "./account.ts";
import { type ClientOptions, SwarmpostClient } from "./client.ts";
import type { ClientEvent } from "./client-event.ts";
import { networkFromSeeds } from "./network-file.ts";
import { TestNetwork, type TestNode } from "./test-network.ts";

const alice = createAccount();
const bob = createAccount();
let network: TestNetwork;
let client: SwarmpostClient;
let events: ClientEvent[];

beforeEach(async () => {
  network = await TestNetwork.start(12);
  client = await connect();
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

async function connect(options: ClientOptions = {}): Promise<SwarmpostClient> {
  events = [];
  const seeds = network.nodes.slice(0, 3).map((node) => `${node.keys.pubkey}@${node.url}`);
  return await SwarmpostClient.connect(networkFromSeeds(seeds), {
    onEvent: (event) => events.push(event),
    timeoutMs: 2_000,
    ...options,
  });
}

function bobsSwarm(): TestNode[] {
  return client.swarm(bob.id).members.map((member) => node(member.pubkey));
}

function node(key: Pubkey): TestNode {
  const found = network.find(key);
  assert.ok(found);
  return found;
}

test("a text stored while its reader is away is read from the recovery phrase's account", async () => {
  const receipt = await client.send(alice, bob.id, "hello Bob ✉");
  assert.equal(receipt.copies, 6);
  assert.equal(receipt.path.hops.length, 3);
  await using device = await connect();
  const page = await device.read(bob);
  assert.deepEqual(
    page.messages.map(({ from, text, hash }) => [from, text, hash]),
    [[alice.id, "hello Bob ✉", receipt.hash]],
  );
  assert.equal(page.members.length, 2);
  for (const member of bobsSwarm()) assert.ok(await client.holds(member.keys.pubkey, bob, receipt.hash));
});

test("each onion cipher carries a message", async () => {
  for (const encType of ["aes-gcm", "aes-cbc", "xchacha20"] as const) {
    await using other = await connect({ encType });
    await other.send(alice, bob.id, encType);
  }
  const texts = (await client.read(bob)).messages.map((message) => message.text);
  assert.deepEqual(texts.sort(), ["aes-cbc", "aes-gcm", "xchacha20"]);
});

test("a path is three distinct nodes and is used only after its probe came back", async () => {
  const path = await client.path();
  const hops = path.hops.map((hop) => hop.pubkey);
  assert.equal(new Set(hops).size, 3);
  assert.deepEqual(node(path.hops[2].pubkey).asked, ["path_build"]);
  assert.ok(events.some((event) => event.type === "path-built" && event.hops.join() === hops.join()));
  assert.equal(await client.path(), path);
});

test("a network that does not know path_build is probed with info", async () => {
  for (const each of network.nodes) {
    each.script = (method) => (method === "path_build" ? [400, "no method path_build"] : undefined);
  }
  const path = await client.path();
  assert.deepEqual(node(path.hops[2].pubkey).asked, ["path_build", "info"]);
});

test("the destination of a request is never on its path", async () => {
  for (const each of network.nodes) {
    const reply = await client.request(each.keys.pubkey, { method: "info", params: {} });
    assert.equal(reply.status, 200);
    assert.ok(reply.path.hops.every((hop) => hop.pubkey !== each.keys.pubkey));
  }
  await assert.rejects(client.request("ab".repeat(32) as Pubkey, { method: "info", params: {} }), {
    code: "unknown-node",
  });
});

test("with a member down the message is still stored and read, and the receipt says who lacks it", async () => {
  const [lost] = bobsSwarm();
  await lost?.stop();
  const receipt = await client.send(alice, bob.id, "after the loss");
  assert.equal(receipt.copies, 5);
  assert.deepEqual(
    receipt.members.filter((member) => !member.signed).map((member) => [member.node, member.reason]),
    [[lost?.keys.pubkey, "timed out"]],
  );
  assert.equal((await client.read(bob)).messages[0]?.text, "after the loss");
});

test("while a minority of the swarm is down every send succeeds, and no dead member is asked twice or waited for", async () => {
  await using patient = await connect({ timeoutMs: 20_000 });
  const dead = bobsSwarm().slice(0, 2);
  for (const each of dead) await each.stop();
  const isDead = (key: string) => dead.some((each) => each.keys.pubkey === key);
  for (let i = 0; i < 8; i++) {
    events.length = 0;
    const receipt = await patient.send(alice, bob.id, `message ${i}`);
    assert.deepEqual([receipt.copies, receipt.attempts, isDead(receipt.entry.pubkey)], [4, 1, false]);
    const retries = events.flatMap((event) => (event.type === "retry" ? [event.reason] : []));
    assert.equal(new Set(retries).size, retries.length, "each retry was about another member");
    assert.ok(retries.length <= dead.length && retries.every((reason) => /unreachable/.test(reason)));
  }
});

test("a guard or a hop that goes away is replaced and the request goes on", async () => {
  for (const place of [0, 1, 2] as const) {
    const path = await client.path();
    await node(path.hops[place].pubkey).stop();
    const reachable = client.nodes().find((other) => !node(other.pubkey).down && !path.hops.includes(other));
    assert.ok(reachable);
    const reply = await client.request(reachable.pubkey, { method: "info", params: {} });
    assert.equal(reply.status, 200);
    assert.ok(events.some((event) => event.type === "path-failed" && event.dropped));
  }
});

test("a member that never answers costs one wait, then another member is asked", async () => {
  await using hasty = await connect({ timeoutMs: 1_000 });
  await hasty.path();
  const swarm = bobsSwarm();
  for (const member of swarm.slice(0, 3)) member.silent = true;
  for (let i = 0; i < 4; i++) assert.ok((await hasty.send(alice, bob.id, `message ${i}`)).copies >= 4);
  const page = await hasty.read(bob);
  assert.equal(page.messages.length, 4);
});

test("guards are few, remembered and used again", async () => {
  let remembered: readonly Pubkey[] = [];
  await using first = await connect({ onGuards: (guards) => (remembered = guards) });
  const guard = (await first.path()).hops[0].pubkey;
  assert.deepEqual(remembered, [guard]);
  for (let i = 0; i < 5; i++) {
    await using again = await connect({ guards: remembered });
    assert.equal((await again.path()).hops[0].pubkey, guard);
  }
});

const unreachable = (next: string) => [502, `Next node is currently unreachable: ${next}`] as const;
const droppedNodes = () => events.flatMap((event) => (event.type === "node-dropped" ? [event.node] : []));

test("a guard that calls every next node missing is put last after three", async () => {
  const [liar] = network.nodes;
  assert.ok(liar);
  liar.hopScript = (next) => [502, `Next node not found: ${next}`];
  let remembered: readonly Pubkey[] = [];
  const onGuards = (guards: readonly Pubkey[]) => (remembered = guards);
  await using wary = await connect({ guards: [liar.keys.pubkey], onGuards });
  const [guard] = (await wary.path()).hops;
  assert.deepEqual(remembered, [guard.pubkey, liar.keys.pubkey]);
  assert.equal(droppedNodes().length, 3, "a fourth accusation was not listened to");
});

test("a guard that refuses onions to every next node is put last after three, too", async () => {
  const [liar] = network.nodes;
  assert.ok(liar);
  liar.hopScript = () => [503, "busy"];
  await using wary = await connect({ guards: [liar.keys.pubkey] });
  assert.notEqual((await wary.path()).hops[0].pubkey, liar.keys.pubkey);
  assert.equal(events.filter((event) => event.type === "path-failed").length, 3);
});

test("a word against a node of the path costs the path and everyone who can have said it", async () => {
  const path = await client.path();
  const [, middle, last] = path.hops.map((hop) => node(hop.pubkey));
  assert.ok(middle && last);
  middle.hopScript = (next) => (next === last.keys.pubkey ? unreachable(next) : undefined);
  const others = client.nodes().filter((each) => !path.hops.includes(each));
  assert.equal((await client.request(others[0]!.pubkey, { method: "info", params: {} })).status, 200);
  assert.ok(
    events.some((event) => event.type === "path-failed" && event.dropped && event.hops[0] === path.hops[0].pubkey),
  );
  assert.deepEqual(droppedNodes(), [last.keys.pubkey]);
});

test("nobody can take a client's guard from it by calling it dead", async () => {
  const path = await client.path();
  const [guard, middle] = path.hops;
  node(middle.pubkey).hopScript = () => unreachable(guard.pubkey);
  const target = client.nodes().find((each) => !path.hops.includes(each));
  await client.request(target!.pubkey, { method: "info", params: {} }).catch(() => undefined);
  assert.ok(!droppedNodes().includes(guard.pubkey));
  assert.equal((await client.path()).hops[0].pubkey, guard.pubkey);
});

test("a last hop that calls destinations dead loses the path after three", async () => {
  const path = await client.path();
  node(path.hops[2].pubkey).hopScript = unreachable;
  const targets = client.nodes().filter((each) => !path.hops.includes(each));
  for (const target of targets.slice(0, 3)) {
    assert.ok(!events.some((event) => event.type === "path-failed" && event.dropped));
    await assert.rejects(client.request(target.pubkey, { method: "info", params: {} }), { code: "path-failed" });
  }
  assert.ok(events.some((event) => event.type === "path-failed" && event.dropped));
});

test("signatures of strangers and wrong hashes do not count as copies", async () => {
  for (const each of network.nodes) {
    each.script = (method, params) => {
      if (method !== "store") return undefined;
      const [status, body] = network.store(each, params, network.now());
      const { swarm } = body as { swarm: Record<string, { signature: string }> };
      const entries = Object.entries(swarm);
      const swapped = entries.map(([key], i) => [key, entries[(i + 1) % entries.length]?.[1]]);
      return [status, { ...(body as object), swarm: Object.fromEntries(swapped) }];
    };
  }
  await assert.rejects(client.send(alice, bob.id, "x"), { code: "not-stored", message: /only 0 of 6 members/ });
});

test("a store that fails for a while is tried on other members, three times", async () => {
  let failures = 2;
  for (const each of network.nodes) {
    each.script = (method) => (method === "store" && failures-- > 0 ? [503, "no majority"] : undefined);
  }
  const receipt = await client.send(alice, bob.id, "third time");
  assert.equal(receipt.attempts, 3);
  failures = 3;
  await assert.rejects(client.send(alice, bob.id, "never"), { code: "not-stored", message: /503: no majority/ });
});

/** Counts the questions that seeds get from now on. */
function countSeedQuestions(): () => number {
  let questions = 0;
  for (const each of network.nodes) {
    each.seedScript = () => {
      questions++;
      return undefined;
    };
  }
  return () => questions;
}

const store421 = (snodes: object[]) => (method: string) =>
  method === "store" ? ([421, { snodes, swarm: "ff" }] as const) : undefined;

test("a member that says wrong swarm and names itself alone does not become the whole swarm", async () => {
  await using picky = await connect({ random: () => 0 });
  const [liar] = bobsSwarm();
  assert.ok(liar);
  liar.script = store421([{ pubkey_ed25519: liar.keys.pubkey }]);
  const questions = countSeedQuestions();
  const receipt = await picky.send(alice, bob.id, "not to you alone");
  assert.deepEqual([receipt.members.length, receipt.attempts], [6, 2]);
  assert.ok(liar.asked.includes("store"));
  assert.notEqual(receipt.entry.pubkey, liar.keys.pubkey);
  assert.equal(picky.swarm(bob.id).members.length, 6);
  assert.equal(questions(), 0, "one member's word does not even send a client to the seeds");
});

test("after the second wrong swarm the seeds are asked, and the swarm that they show takes the message", async () => {
  let now = Date.now();
  await using late = await connect({ now: () => now });
  now += 60_000;
  const former = bobsSwarm();
  const [ours, theirs] = [former[0]!.swarmId, network.nodes.find((each) => !former.includes(each))!.swarmId];
  for (const each of network.nodes) each.swarmId = former.includes(each) ? theirs : ours;
  for (const each of former) each.script = store421([{ pubkey_ed25519: each.keys.pubkey }]);
  const receipt = await late.send(alice, bob.id, "moved");
  assert.deepEqual([receipt.copies, receipt.attempts], [6, 3]);
  assert.ok(!former.includes(node(receipt.entry.pubkey)));
});

test("members that say wrong swarm for ever can't make a client press on the seeds", async () => {
  let now = Date.now();
  await using late = await connect({ now: () => now });
  for (const each of network.nodes) each.script = store421([]);
  const questions = countSeedQuestions();
  for (const wait of [60_000, 0, 0]) {
    now += wait;
    await assert.rejects(late.send(alice, bob.id, "x"), { code: "not-stored", message: /kept elsewhere/ });
  }
  assert.equal(questions(), 3, "each of three seeds once");
});

test("seeds that are silent when a list is old leave the old list in force, with a warning", async () => {
  let now = Date.now();
  await using late = await connect({ now: () => now });
  now += 2 * 3_600_000;
  for (const each of network.nodes) each.seedScript = () => "gone";
  await late.send(alice, bob.id, "still there");
  assert.ok(events.some((event) => event.type === "warning" && /the node list stays as it was/.test(event.message)));
});

test("a refusal of the request itself is told at once", async () => {
  for (const each of network.nodes) each.script = (method) => (method === "store" ? [403, "bad TTL\nmore"] : undefined);
  await assert.rejects(client.send(alice, bob.id, "x"), { code: "refused", message: /\(403\): bad TTL$/ });
  assert.equal(network.nodes.flatMap((each) => each.asked).filter((method) => method === "store").length, 1);
});

test("a clock that is off is corrected from the network's time", async () => {
  network.aheadMs = 3_600_000;
  for (const each of network.nodes) {
    each.script = (method, params) => {
      if (method === "path_build") return [200, { path: "built" }];
      const { timestamp } = params as unknown as { timestamp: number };
      const wrong = method === "store" && Math.abs(timestamp - network.now()) > 10_000;
      return wrong ? [406, "Timestamp error: check your clock"] : undefined;
    };
  }
  await client.send(alice, bob.id, "on time");
  assert.ok(Math.abs(client.clockOffsetMs - 3_600_000) < 5_000);
});

test("a member that calls the clock wrong and tells a false time does not move it", async () => {
  const [liar] = bobsSwarm();
  assert.ok(liar);
  liar.script = (method) => {
    if (method === "info") return [200, { t: network.now() + 36_000_000 }];
    return method === "store" && !liar.asked.includes("info") ? [406, "Timestamp error: check your clock"] : undefined;
  };
  await using picky = await connect({ random: () => 0 });
  const { sentMs } = await picky.send(alice, bob.id, "on time");
  assert.ok(liar.asked.includes("info"));
  assert.ok(Math.abs(sentMs - network.now()) < 30_000 && Math.abs(picky.clockOffsetMs) < 5_000);
});

test("the time in a message is the network's, learnt from the path's probe", async () => {
  network.aheadMs = 3_600_000;
  const { sentMs } = await client.send(alice, bob.id, "at network time");
  assert.ok(Math.abs(sentMs - network.now()) < 5_000);
});

test("what can't be read is reported beside what can", async () => {
  await client.send(alice, bob.id, "readable");
  const [entry] = bobsSwarm();
  const garbage = { pubkey: bob.id, data: "AAAA", messages: [] };
  network.store(entry as TestNode, garbage, network.now());
  const page = await client.read(bob);
  assert.deepEqual(
    page.messages.map((message) => message.text),
    ["readable"],
  );
  assert.equal(page.unreadable.length, 1);
});

test("data under another message's hash is reported and does not hide that message", async () => {
  const { hash } = await client.send(alice, bob.id, "real");
  for (const each of bobsSwarm().slice(1)) {
    const forged = [{ hash, data: "AAAA", timestamp: 1, expiration: network.now() + 60_000 }];
    each.script = (method) => (method === "retrieve" ? [200, { messages: forged, more: false }] : undefined);
  }
  const stop = new AbortController();
  const [seen, reported]: [string[], string[]] = [[], []];
  for await (const page of client.follow(bob, { signal: stop.signal, intervalMs: 1 })) {
    seen.push(...page.messages.map((message) => message.text));
    reported.push(...page.unreadable.map((message) => message.hash));
    if (seen.length > 0) stop.abort();
  }
  assert.deepEqual(seen, ["real"]);
  assert.ok(reported.every((each) => each === hash));
});

test("a member that never comes to the end of its messages can't keep a reader busy", async () => {
  await client.send(alice, bob.id, "real");
  const [liar] = bobsSwarm();
  assert.ok(liar);
  let page = 0;
  liar.script = (method) => {
    if (method !== "retrieve") return undefined;
    const data = Buffer.from(`junk ${page++}`);
    const hash = messageHash(bob.id, DEFAULT_NAMESPACE, data);
    return [200, { messages: [{ hash, data: data.toString("base64"), expiration: 9e15 }], more: true }];
  };
  await using reader = await connect({ random: () => 0 });
  const { messages, unreadable, more } = await reader.read(bob);
  assert.deepEqual([messages.map((message) => message.text), unreadable.length, more], [["real"], 50, true]);
});

test("a member that gives the same page for ever does not count as read", async () => {
  const { hash } = await client.send(alice, bob.id, "again and again");
  for (const member of bobsSwarm()) {
    const messages = [{ hash, data: member.held.get(hash)?.data }];
    member.script = (method) => (method === "retrieve" ? [200, { messages, more: true }] : undefined);
  }
  await assert.rejects(client.read(bob), { code: "not-read", message: /repeats its messages/ });
  assert.equal(network.nodes.flatMap((each) => each.asked).filter((method) => method === "retrieve").length, 4);
});

test("what was shown is not shown again because a node gives it a past expiry", async () => {
  const stop = new AbortController();
  const texts: string[] = [];
  for (const text of ["one", "two"]) await client.send(alice, bob.id, text);
  let polls = 0;
  for (const member of bobsSwarm()) {
    const messages = [...member.held].map(([hash, { data }]) => ({ hash, data, expiration: 1 }));
    member.script = (method) => {
      if (method !== "retrieve") return undefined;
      if (++polls === 12) stop.abort();
      return [200, { messages, more: false }];
    };
  }
  for await (const page of client.follow(bob, { signal: stop.signal, intervalMs: 1 })) {
    texts.push(...page.messages.map((message) => message.text));
  }
  assert.deepEqual(texts, ["one", "two"]);
});

test("follow gives each message once, also those that only one member has", async () => {
  const stop = new AbortController();
  const texts: string[] = [];
  await client.send(alice, bob.id, "first");
  for await (const page of client.follow(bob, { signal: stop.signal, intervalMs: 5 })) {
    texts.push(...page.messages.map((message) => message.text));
    if (texts.length === 1) await client.send(alice, bob.id, "second");
    if (texts.length === 2) {
      for (const member of bobsSwarm().slice(1)) member.held.clear();
      await client.send(alice, bob.id, "third");
    }
    if (texts.length === 3) stop.abort();
  }
  assert.deepEqual(texts, ["first", "second", "third"]);
});

test("a deleted message is gone from the whole swarm, with each member's signature", async () => {
  const { hash } = await client.send(alice, bob.id, "gone soon");
  const { members } = await client.delete(bob, [hash]);
  assert.equal(members.filter((member) => member.signed).length, 6);
  assert.deepEqual((await client.read(bob)).messages, []);
});

test("a network of three nodes is too small for a path and a destination", async () => {
  const three = network.nodes.slice(0, 3);
  for (const seed of three)
    seed.seedScript = () =>
      network.seedAnswer(
        seed,
        three.map((each) => each.offered),
      );
  await client.refresh();
  await assert.rejects(client.request(three[0]?.keys.pubkey as Pubkey, { method: "info", params: {} }), {
    code: "too-few-nodes",
  });
});
