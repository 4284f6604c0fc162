import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;
const day = 86_400_000;
const patience = { timeoutMs: 60_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

async function good(node: TestNode, method: string, params: object) {
  const { status, body } = await node.rpc(method, params);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function stored(node: TestNode, account: TestAccount, text: string, ttl = day): Promise<string> {
  return (await good(node, "store", account.store(text, { ttl }))).hash;
}

/** The ends of an account's messages in a node's own database, by hash. */
async function ends(node: TestNode, account: TestAccount): Promise<Record<string, number>> {
  const { rows } = await node.service.node.data.database.query<{ hash: Buffer; expiry_ms: bigint }>({
    text: "select hash, expiry_ms from message where account = $1 and expiry_ms > $2",
    values: [Buffer.from(account.id, "hex"), node.clock.now()],
  });
  return Object.fromEntries(rows.map((row) => [row.hash.toString("base64").replace("=", ""), Number(row.expiry_ms)]));
}

function becomeWhole(nodes: readonly TestNode[]): Promise<void> {
  return eventually(() => assert.ok(nodes.every((node) => node.service.node.whole.ownState === "whole")), patience);
}

async function everywhere(nodes: readonly TestNode[], account: TestAccount, expected: object): Promise<void> {
  await eventually(async () => {
    for (const node of nodes) assert.deepEqual(await ends(node, account), expected);
  }, patience);
}

test("a member that was away comes to what was changed meanwhile, and nothing of it comes back from there", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, away] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  await becomeWhole(swarm.nodes);
  const [short, long, gone] = [
    await stored(a, account, "short", 5 * day),
    await stored(a, account, "long", 3_600_000),
    await stored(a, account, "gone"),
  ];
  await away.stop();
  const [soon, late] = [Date.now() + 600_000, Date.now() + 20 * day];
  await good(a, "expire", account.expire([short], soon, "shorten"));
  await good(b, "expire", account.expire([long], late, "extend"));
  await good(a, "delete", account.delete([gone]));
  const other = new TestAccount();
  await stored(b, other, "before");
  await good(a, "delete_all", other.deleteAll());
  const after = await stored(b, other, "after");
  await away.start();
  swarm.publish();
  await everywhere(swarm.nodes, account, { [short]: soon, [long]: late });
  await eventually(async () => {
    for (const node of swarm.nodes) assert.deepEqual(Object.keys(await ends(node, other)), [after]);
  }, patience);
});

test("a late copy of a message that a member never had is judged by what the account asked for since", async () => {
  await using swarm = await TestSwarm.start(5, { postgres });
  const [a, b, c, d, e] = swarm.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode];
  const [swept, shortened] = [new TestAccount(), new TestAccount()];
  await becomeWhole(swarm.nodes);
  for (const node of [d, e]) await node.stop();
  await stored(a, swept, "old");
  const hash = await stored(b, shortened, "old", 9 * day);
  for (const node of [a, b]) await node.stop();
  for (const node of [d, e]) await node.start();
  swarm.publish();
  const soon = Date.now() + 600_000;
  // The links of a node that has just started are not up at once.
  await eventually(() => good(d, "delete_all", swept.deleteAll("all")), patience);
  await eventually(() => good(d, "expire_all", shortened.expireAll(soon)), patience);
  for (const node of [a, b]) await node.start();
  swarm.publish();
  await everywhere(swarm.nodes, shortened, { [hash]: soon });
  await everywhere(swarm.nodes, swept, {});
  assert.equal(c.running, true);
});

test("a message that was prolonged comes to a member that was away beyond its first end", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, away] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  await becomeWhole(swarm.nodes);
  await away.stop();
  const hash = await stored(a, account, "prolonged", 10_000);
  const late = Date.now() + day;
  await good(b, "expire", account.expire([hash], late, "extend"));
  away.clock.offsetMs = 12_000;
  await away.start();
  swarm.publish();
  await everywhere(swarm.nodes, account, { [hash]: late });
});

test("a message that was prolonged comes also when who said so gives nothing, and when that is known only from the run before", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, away] = swarm.nodes as [TestNode, TestNode, TestNode];
  const account = new TestAccount();
  await becomeWhole(swarm.nodes);
  const prolong = async (text: string) => {
    const hash = await stored(a, account, text, 10_000);
    const late = Date.now() + day;
    await good(b, "expire", account.expire([hash], late, "extend"));
    return { [hash]: late };
  };
  const missed = async () => {
    const { changes } = away.service.node.data;
    return changes.prolongs(Buffer.from(account.id, "hex"), away.clock.now());
  };
  await away.stop();
  const first = await prolong("not by who said so");
  away.clock.offsetMs = 12_000;
  b.cut.add(away.pubkey);
  await away.start();
  swarm.publish();
  await everywhere(swarm.nodes, account, first);
  a.cut.add(away.pubkey);
  await away.stop();
  const second = await prolong("not in this run");
  await away.start();
  swarm.publish();
  await eventually(async () => assert.ok(await missed()), patience);
  await away.stop();
  for (const node of [a, b]) node.cut.clear();
  await away.start();
  swarm.publish();
  await everywhere(swarm.nodes, account, { ...first, ...second });
});

test("a newcomer and a swarm that takes over get the changes with the messages", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b, c] = swarm.nodes as [TestNode, TestNode, TestNode];
  await becomeWhole(swarm.nodes);
  const accounts = Array.from({ length: 8 }, () => new TestAccount());
  const late = Date.now() + 25 * day;
  const expected: Record<string, number>[] = [];
  for (const account of accounts) {
    await stored(a, account, "swept");
    await good(b, "delete_all", account.deleteAll());
    const hash = await stored(c, account, "kept");
    await good(a, "expire", account.expire([hash], late));
    expected.push({ [hash]: late });
  }
  const [d, e] = [await swarm.add(), await swarm.add()];
  swarm.setMap(
    new Map([
      [0n, [a, b, c, d]],
      [OTHER, [e]],
    ]),
  );
  await becomeWhole([d, e]);
  for (const [i, account] of accounts.entries()) {
    const keepers = [d, e].filter((node) => node.view.current.responsible(key(account))?.members.includes(node.pubkey));
    await everywhere(keepers, account, expected[i]!);
  }
  // What moved away is erased where it was, changes too, once those who keep it now have it.
  const strays = accounts.filter((account) => d.view.current.responsible(key(account))?.id === OTHER);
  const left = async () => {
    const { rows } = await a.service.node.data.database.query<{ count: bigint }>({
      text: "select count(*) as count from change_request where account = any($1::bytea[])",
      values: [strays.map((account) => Buffer.from(account.id, "hex"))],
    });
    return Number(rows[0]?.count);
  };
  await eventually(async () => assert.equal(await left(), 0), patience);
});

test("a change is later than what was acknowledged before it, and earlier than what follows, whatever the clocks say", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, ahead] = swarm.nodes as [TestNode, TestNode];
  ahead.clock.offsetMs = 15_000;
  const account = new TestAccount();
  const first = await stored(ahead, account, "stored by a clock that is ahead");
  const { swarm: entries } = await good(a, "delete_all", account.deleteAll());
  for (const node of swarm.nodes) assert.deepEqual(entries[node.pubkey].deleted, [first]);
  await everywhere(swarm.nodes, account, {});
  const second = await stored(a, account, "stored by a clock that is ahead");
  assert.equal(second, first);
  const soon = Date.now() + 3_600_000;
  await good(ahead, "expire_all", account.expireAll(soon));
  await everywhere(swarm.nodes, account, { [first]: soon });
  const late = Date.now() + 3 * day;
  await good(a, "expire", account.expire([first], late, "extend"));
  await everywhere(swarm.nodes, account, { [first]: late });
  await good(ahead, "expire_all", account.expireAll(soon));
  const { expiry } = (await good(a, "store", account.store("stored by a clock that is ahead", { ttl: 5 * day }))).swarm[
    a.pubkey
  ];
  assert.ok(expiry > late);
  await everywhere(swarm.nodes, account, { [first]: expiry });
});

test("a delete_all among many stores deletes all that was there before it and needs no quiet moment", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const [a, b] = swarm.nodes as [TestNode, TestNode];
  const account = new TestAccount();
  const before = await Promise.all(Array.from({ length: 10 }, (_, i) => stored(a, account, `before ${i}`)));
  let storing = true;
  const stores: Promise<string>[] = [];
  const writer = (async () => {
    for (let i = 0; storing; i++) {
      stores.push(stored(b, account, `meanwhile ${i}`));
      await Promise.race(stores.slice(-3));
    }
  })();
  for (let i = 0; i < 5; i++) {
    const { swarm: entries } = await good(a, "delete_all", account.deleteAll());
    if (i === 0) for (const hash of before) assert.ok(entries[a.pubkey].deleted.includes(hash));
  }
  storing = false;
  await writer;
  await Promise.all(stores);
  const last = await stored(a, account, "the last one");
  await eventually(async () => {
    const [mine, theirs] = [await ends(a, account), await ends(b, account)];
    assert.ok(last in mine);
    assert.deepEqual(Object.keys(mine).sort(), Object.keys(theirs).sort());
  }, patience);
});

function key(account: TestAccount): Buffer {
  return Buffer.from(account.id, "hex").subarray(1);
}
