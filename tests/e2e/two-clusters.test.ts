import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createAccount, SwarmpostClient } from "@swarmpost/client";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { eventually } from "@swarmpost/testkit";

let net: Network;
const alice = createAccount();
const bob = createAccount();

before(async () => {
  net = await startNetwork({ nodes: 14, clusters: 2 });
});
after(async () => {
  await net?.stop();
});

const seedOf = (cluster: number) => {
  const { url, pubkey } = net.nodes.find((node) => node.cluster === cluster)!;
  return { ...net.networkFile, seeds: [{ url, pubkey }] };
};

test("two operators on one chain compute the same swarm map", async () => {
  const [first, second] = await Promise.all([net.map(0), net.map(1)]);
  assert.deepEqual(Buffer.from(first.hash).toString("hex"), Buffer.from(second.hash).toString("hex"));
  for (const swarm of first.swarms) {
    const clusters = new Set(swarm.members.map((key) => net.node(Buffer.from(key).toString("hex")).cluster));
    assert.ok(swarm.members.length >= 5 && clusters.size >= 1);
  }
});

test("a message from a client of one operator reaches a swarm with members of both", async () => {
  await using client = await SwarmpostClient.connect(seedOf(0));
  const receipt = await client.send(alice, bob.id, "across operators");
  assert.equal(receipt.copies, receipt.members.length);
  const clusters = new Set(receipt.members.map(({ node }) => net.node(node).cluster));
  assert.deepEqual(
    [...clusters].sort((a, b) => a - b),
    [0, 1],
  );
  await using other = await SwarmpostClient.connect(seedOf(1));
  const page = await other.read(bob);
  assert.ok(page.messages.some((message) => message.text === "across operators"));
});

test("an operator cut off and healed again loses nothing that was acknowledged", async () => {
  await using client = await SwarmpostClient.connect(net.networkFile, { timeoutMs: 8_000 });
  const acknowledged: { hash: string; text: string }[] = [];
  const refused: string[] = [];
  const send = async (text: string) => {
    try {
      const receipt = await client.send(alice, bob.id, text);
      acknowledged.push({ hash: receipt.hash, text });
      return receipt;
    } catch {
      refused.push(text);
      return undefined;
    }
  };
  await send("before the cut");
  net.cutClusters();
  await eventually(
    async () => {
      const receipt = await send("during the cut");
      assert.ok(receipt === undefined || receipt.copies < receipt.members.length, "the cut does not show yet");
    },
    { timeoutMs: 30_000 },
  );
  for (let index = 0; index < 4; index++) await send(`during the cut ${index}`);
  net.heal();
  await eventually(async () => assert.ok((await send("after the cut"))?.copies === 7), { timeoutMs: 60_000 });
  const members = client.swarm(bob.id).members.map((member) => member.pubkey);
  await eventually(
    async () => {
      for (const node of members) {
        for (const { hash, text } of acknowledged) assert.ok(await client.holds(node, bob, hash as never), text);
      }
    },
    { timeoutMs: 60_000 },
  );
});
