import assert from "node:assert/strict";
import { test } from "node:test";
import { createGroup, makeMemberKey } from "./index.ts";
import { alice, bob, bobsSwarm, client, connect, network } from "./test-client.ts";
import { fileServer, startOnionServer } from "./test-onion-server.ts";

test("no account, key, token, text or file ever leaves for the wire outside an onion", async () => {
  const place = startOnionServer(network, "files.example", fileServer(new Map()));
  await using own = await connect({}, { fileServer: place });
  const group = createGroup();
  const memberKey = makeMemberKey(group, bob.id);
  network.wire.length = 0;
  const file = Buffer.from("a file that nobody on the way reads");
  await own.send(alice, bob.id, "unseen", { attachments: [await own.attach(alice, file)], ownCopy: true });
  await own.read(bob);
  const following = own.follow(alice, { intervalMs: 1 });
  await following.next();
  await following.return();
  await own.group(bob, { group: group.id, memberKey }).read();
  await own.request(bobsSwarm()[0]!.keys.pubkey, { method: "get_swarm", params: { pubkey: bob.id } });
  const secrets = [alice, bob].flatMap((account) => [account.id.slice(2), account.ed25519.publicKey.toString("hex")]);
  assert.ok(network.wire.length >= 8);
  for (const body of network.wire) {
    for (const secret of [...secrets, group.id.slice(2)]) {
      assert.ok(!body.includes(secret) && !body.includes(Buffer.from(secret, "hex")), "a key on the wire");
    }
    for (const text of ["unseen", "a file that", "pubkey_ed25519", "retrieve", "files.example", "subaccount"]) {
      assert.ok(!body.includes(text), `${text} on the wire`);
    }
  }
});

test("a list that is older than one already seen is refused, also by the next run", async () => {
  const heights: number[] = [];
  network.height = 100;
  await using first = await connect({ onHeight: (height) => heights.push(height) });
  assert.deepEqual(heights, [100]);
  network.height = 99;
  await assert.rejects(first.refresh(), { code: "seeds-failed", message: /of block 99, and one of block 100/ });
  await assert.rejects(connect({ height: 100 }), { code: "seeds-failed" });
  network.height = 100;
  await using again = await connect({ height: 100 });
  assert.equal(again.nodeList().height, 100);
});

test("a seed that lags does not count, and does not hold the others back", async () => {
  const [one, two, three] = network.nodes;
  network.height = 10;
  const old = network.seedAnswer(three!);
  network.height = 12;
  const newest = network.seedAnswer(one!);
  network.height = 11;
  for (const [node, answer] of [
    [one!, newest],
    [two!, network.seedAnswer(two!)],
    [three!, old],
  ] as const) {
    node.seedScript = () => answer;
  }
  await using late = await connect();
  assert.equal(late.nodeList().height, 11, "what two of three know");
  await late.refresh();
  assert.match(late.nodeList().seeds[2]?.failure ?? "", /of block 10, and one of block 11/);
});

test("a node that says 421, 406, 425 or 401 gets the documented answer from the client", async () => {
  const asked = (): number =>
    network.nodes.flatMap((each) => each.asked).filter((method) => method === "retrieve").length;
  for (const each of network.nodes) each.script = (method) => (method === "retrieve" ? [401, "no"] : undefined);
  await assert.rejects(client.read(bob), { code: "refused" });
  assert.ok(asked() <= 4, "each of two questions asks a second member, and nobody a third");
  for (const status of [406, 425]) {
    for (const each of network.nodes) each.script = (method) => (method === "retrieve" ? [status, "clock"] : undefined);
    await assert.rejects(client.read(bob), { code: "wrong-clock" });
  }
  const [wrong] = bobsSwarm();
  for (const each of network.nodes) each.script = undefined;
  wrong!.script = (method) => (method === "retrieve" ? [421, { snodes: [] }] : undefined);
  for (let i = 0; i < 4; i++) assert.equal((await client.read(bob)).members.length > 0, true);
});
