import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { DEFAULT_NAMESPACE, messageHash } from "@swarmpost/storage-rpc";
import { alice, bob, bobsSwarm, client, connect, events, network, node } from "./test-client.ts";

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

test("one member's word that a request is refused ends neither a send nor a read nor a deletion", async () => {
  for (const status of [400, 401, 403, 404, 413]) {
    await using picky = await connect({ random: () => 0 });
    const [liar] = bobsSwarm();
    assert.ok(liar);
    liar.script = (method) => (["store", "retrieve", "delete"].includes(method) ? [status, "no"] : undefined);
    const { hash } = await picky.send(alice, bob.id, `not with ${status}`);
    assert.deepEqual(
      (await picky.read(bob)).messages.map(({ text }) => text),
      [`not with ${status}`],
    );
    const { members } = await picky.delete(bob, [hash]);
    assert.equal(members.filter(({ signed }) => signed).length, 6);
    assert.ok(["store", "retrieve", "delete"].every((method) => liar.asked.includes(method)));
    liar.script = undefined;
    liar.asked.length = 0;
  }
});

test("a refusal that nobody else confirms is told as what it is: not stored, and by whom", async () => {
  const [liar, ...others] = bobsSwarm();
  assert.ok(liar);
  liar.script = (method) => (method === "store" ? [401, "no"] : undefined);
  for (const each of others) each.script = (method) => (method === "store" ? [503, "no majority"] : undefined);
  await using picky = await connect({ random: () => 0 });
  await assert.rejects(picky.send(alice, bob.id, "x"), {
    code: "not-stored",
    detail: { status: 401, node: liar.keys.pubkey, refusedBy: [liar.keys.pubkey] },
  });
});

test("a time that no calendar has moves no clock", async () => {
  for (const t of [1e300, 2 ** 64, -1]) {
    for (const each of network.nodes) {
      each.script = (method) => (method === "path_build" ? [200, { path: "built", t }] : undefined);
    }
    await using told = await connect();
    await told.path();
    assert.equal(told.clockOffsetMs, 0);
    const { sentMs } = await told.send(alice, bob.id, "on time");
    assert.ok(Math.abs(sentMs - network.now()) < 30_000);
  }
});
