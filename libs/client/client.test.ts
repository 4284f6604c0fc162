import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import { SwarmpostClient } from "./client.ts";
import type { ClientError } from "./client-error.ts";
import { networkFromSeeds } from "./network-file.ts";
import { alice, bob, bobsSwarm, client, connect, events, network, node } from "./test-client.ts";
import type { TestNode } from "./test-network.ts";

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

test("seeds that are silent when a list is old leave the old list in force, with a warning", async () => {
  let now = Date.now();
  await using late = await connect({ now: () => now });
  now += 2 * 3_600_000;
  for (const each of network.nodes) each.seedScript = () => "gone";
  await late.send(alice, bob.id, "still there");
  assert.ok(events.some((event) => event.type === "warning" && /the node list stays as it was/.test(event.message)));
});

test("a refusal of the request itself is told once a second member says the same", async () => {
  for (const status of [400, 401, 403, 404, 413]) {
    for (const each of network.nodes) {
      each.asked.length = 0;
      each.script = (method) => (method === "store" ? [status, "bad TTL\nmore"] : undefined);
    }
    const sending = client.send(alice, bob.id, "x");
    const message = new RegExp(`\\(${status}\\): bad TTL$`);
    await assert.rejects(sending, { code: "refused", message });
    const refusedBy = network.nodes.filter((each) => each.asked.includes("store")).map((each) => each.keys.pubkey);
    assert.equal(refusedBy.length, 2);
    await assert.rejects(sending, (error: ClientError) => {
      assert.deepEqual(error.detail.refusedBy?.toSorted(), refusedBy.toSorted());
      return error.detail.status === status;
    });
  }
});

test("connecting ends by its own signal or deadline, though no seed ever answers", async () => {
  const hang = createServer(() => undefined);
  await new Promise<void>((resolve) => hang.listen(0, "127.0.0.1", resolve));
  const { port } = hang.address() as AddressInfo;
  const network = networkFromSeeds([`http://127.0.0.1:${port}`]);
  await assert.rejects(SwarmpostClient.connect(network, { deadlineMs: 20 }), { code: "timed-out" });
  const stop = new AbortController();
  const connecting = SwarmpostClient.connect(network, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(connecting, /enough/);
  hang.closeAllConnections();
  hang.close();
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
