import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Account, createAccount, SwarmpostClient } from "@swarmpost/client";
import { type LocalNode, type Network, startNetwork } from "@swarmpost/localnet";
import { eventually } from "@swarmpost/testkit";
import { ownCopies } from "./own-copies.ts";

let net: Network;
const alice = createAccount();
const inboxes = Array.from({ length: 12 }, () => createAccount());
const acknowledged: { account: Account; hash: string }[] = [];

before(async () => {
  net = await startNetwork({ nodes: 12 });
  await using client = await SwarmpostClient.connect(net.networkFile);
  for (const account of inboxes) {
    const receipt = await client.send(alice, account.id, `for ${account.id.slice(0, 6)}`);
    acknowledged.push({ account, hash: receipt.hash });
  }
});
after(async () => {
  await net?.stop();
});

/** Every member of the swarm that is now responsible keeps every acknowledged message itself, and gives it out. */
async function everyMemberHoldsEverything(): Promise<void> {
  await using client = await SwarmpostClient.connect(net.networkFile);
  const copies = new Map<string, Set<string>>();
  for (const node of net.nodes)
    copies.set(
      node.pubkey,
      await ownCopies(
        node,
        acknowledged.map(({ hash }) => hash),
      ),
    );
  for (const { account, hash } of acknowledged) {
    for (const { pubkey } of client.swarm(account.id).members) {
      assert.ok(copies.get(pubkey)?.has(hash), "a member lacks an acknowledged message");
    }
    const { messages } = await client.read(account);
    assert.ok(messages.some((message) => message.hash === hash));
  }
}

test("a lone pair of swarms starts as five and seven", async () => {
  const sizes = (await net.map()).swarms.map((swarm) => swarm.members.length).sort((a, b) => a - b);
  assert.deepEqual(sizes, [5, 7]);
});

test("a newcomer gets everything its swarm keeps", async () => {
  const newcomer = await net.addNode();
  await eventually(everyMemberHoldsEverything, { timeoutMs: 60_000 });
  assert.ok(
    (await net.map()).swarms.some((swarm) =>
      swarm.members.some((key) => Buffer.from(key).toString("hex") === newcomer.pubkey),
    ),
  );
});

test("when a swarm starves and dissolves its messages go to the swarm now responsible", async () => {
  const leave = async (node: LocalNode) => {
    await net.leave(node);
    return node;
  };
  const smallest = () => async () =>
    (await net.map()).swarms.toSorted((a, b) => a.members.length - b.members.length)[0]!;
  const gone: LocalNode[] = [];
  while ((await net.map()).swarms.length > 1) {
    const swarm = await smallest()();
    const key = Buffer.from(swarm.members.at(-1)!).toString("hex");
    const before = (await net.map()).height;
    gone.push(await leave(net.node(key)));
    await eventually(async () => assert.ok((await net.map()).height > before), { timeoutMs: 30_000 });
  }
  await eventually(everyMemberHoldsEverything, { timeoutMs: 90_000 });
  for (const node of gone) await node.stop();
  await everyMemberHoldsEverything();
});
