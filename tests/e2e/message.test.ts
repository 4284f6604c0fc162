import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Account,
  accountFromRecoveryPhrase,
  createAccount,
  recoveryPhrase,
  SwarmpostClient,
} from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { eventually } from "@swarmpost/testkit";
import { ownCopies } from "./own-copies.ts";
import { identitiesIn } from "./privacy.ts";

let net: Network;
let client: SwarmpostClient;
const [alice, bob]: Account[] = [createAccount(), createAccount()] as [Account, Account];
const told = new Set<string>();

before(async () => {
  net = await startNetwork({ nodes: 14, logLevel: "debug" });
  client = await SwarmpostClient.connect(net.networkFile);
});
after(async () => {
  await client?.[Symbol.asyncDispose]();
  await net?.stop();
});

test("fourteen nodes make two swarms of seven and every node is offered", async () => {
  const map = await net.map();
  assert.deepEqual(
    map.swarms.map((swarm) => swarm.members.length),
    [7, 7],
  );
  assert.equal(client.nodes().length, 14);
});

test("a path of three distinct nodes is built by its success message", async () => {
  const path = await client.path();
  assert.equal(new Set(path.hops.map((hop) => hop.pubkey)).size, 3);
});

test("a message to someone offline is held by every member and read on another device", async () => {
  const text = "e2e: grüße, 你好, 👋🏽";
  const receipt = await client.send(alice, bob.id, text);
  told.add(receipt.hash);
  assert.equal(receipt.copies, 7);
  assert.equal(receipt.path.hops.length, 3);
  assert.ok(receipt.path.hops.every((hop) => hop.pubkey !== receipt.entry.pubkey));

  await using device = await SwarmpostClient.connect(net.networkFile);
  const restored = accountFromRecoveryPhrase(recoveryPhrase(bob));
  const page = await device.read(restored);
  assert.deepEqual(
    page.messages.map((message) => [message.from, message.text]),
    [[alice.id, text]],
  );
  for (const { node } of receipt.members) {
    assert.ok(await device.holds(node, restored, receipt.hash));
    assert.ok((await ownCopies(net.node(node), [receipt.hash])).has(receipt.hash));
  }
});

test("a message is stored and read while a member of the swarm is down, and that member catches up", async () => {
  const swarm = client.swarm(bob.id);
  const lost = net.node(swarm.members[0]!.pubkey);
  await lost.stop();
  const receipt = await client.send(alice, bob.id, "while one is down");
  told.add(receipt.hash);
  assert.ok(receipt.copies >= 4);
  assert.ok((await client.read(bob)).messages.some((message) => message.text === "while one is down"));
  await lost.start();
  await eventually(async () => assert.ok(await client.holds(lost.pubkey, bob, receipt.hash)), { timeoutMs: 60_000 });
});

test("a deleted message is gone from every member", async () => {
  const receipt = await client.send(alice, bob.id, "to be deleted");
  told.add(receipt.hash);
  await client.delete(bob, [receipt.hash]);
  for (const { node } of receipt.members) assert.equal(await client.holds(node, bob, receipt.hash), false);
});

test("a request's id leads from a node's relay to its storage and to no other node", async () => {
  const lines = (await net.logs()).split("\n").filter((line) => line.includes('"request_id"'));
  const requests = Map.groupBy(
    lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    ({ request_id }) => request_id,
  );
  const entries = new Set(["request_taken", "hop_taken"]);
  const stored = [...requests.values()].filter((each) =>
    each.some(({ event, method }) => event === "rpc_taken" && method === "store"),
  );
  assert.ok(stored.length >= 3);
  for (const each of stored) {
    assert.deepEqual([...new Set(each.map(({ service }) => service))].sort(), ["relay", "storage"]);
  }
  for (const each of requests.values()) {
    assert.ok(each.filter(({ event }) => entries.has(event as string)).length <= 1, "it entered one node, once");
  }
  assert.ok(requests.size > stored.length);
});

test("no log line and no metric knows a key, an account, a message or an address", async () => {
  const secrets = identitiesIn({ nodes: net.nodes, accounts: [alice, bob], hashes: [...told] });
  const written = { logs: await net.logs(), metrics: await net.metrics() };
  assert.ok(written.logs.split("\n").length > 20 && written.metrics.includes("swarmpost_relay_"));
  for (const [place, text] of Object.entries(written)) {
    for (const [what, secret] of secrets) assert.ok(!text.includes(secret), `${place} hold ${what}`);
  }
});
