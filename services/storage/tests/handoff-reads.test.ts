import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const OTHER = 2n ** 63n;
const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 200 });
});
after(() => postgres[Symbol.asyncDispose]());

function accountAt(node: TestNode, id: bigint): TestAccount {
  for (;;) {
    const account = new TestAccount();
    if (node.view.current.responsible(Buffer.from(account.id, "hex").subarray(1))?.id === id) return account;
  }
}

async function store(node: TestNode, account: TestAccount, text: string): Promise<void> {
  const { status, body } = await node.rpc("store", account.store(text));
  assert.equal(status, 200, JSON.stringify(body));
}

async function page(
  node: TestNode,
  account: TestAccount,
  more: object = {},
): Promise<{ text: string; hash: string }[]> {
  const { status, body } = await node.rpc("retrieve", account.retrieve(more));
  assert.equal(status, 200, JSON.stringify(body));
  return body.messages.map(({ hash, data }: { hash: string; data: string }) => ({
    hash,
    text: Buffer.from(data, "base64").toString(),
  }));
}

test("a node that is behind reads what it has and what a former holder has, in pages that miss nothing", async () => {
  await using swarm = await TestSwarm.start(6, { postgres });
  const [left, right] = [swarm.nodes.slice(0, 3), swarm.nodes.slice(3)];
  const layout = new Map([
    [0n, left],
    [OTHER, right],
  ]);
  swarm.setMap(layout);
  const whole = (node: TestNode) => node.service.node.whole.ownState === "whole";
  await eventually(() => assert.ok(swarm.nodes.every(whole)), patience);
  const account = accountAt(left[0]!, OTHER);
  for (const text of ["old 1", "old 2"]) await store(right[0]!, account, text);
  const gone = (await right[0]!.rpc("store", account.store("deleted"))).body.hash;
  assert.equal((await right[0]!.rpc("delete", account.delete([gone]))).status, 200);
  await right[1]!.stop();
  await right[2]!.stop();
  swarm.setMap(new Map([[0n, left]]));
  await store(left[0]!, account, "new");
  assert.equal(whole(left[0]!), false, "one of three former holders is not enough");
  const texts: string[] = [];
  for (let last: string | undefined; ; ) {
    const [message] = await page(left[0]!, account, { max_count: 1, ...(last && { last_hash: last }) });
    if (message === undefined) break;
    texts.push(message.text);
    last = message.hash;
  }
  assert.deepEqual(texts.sort(), ["new", "old 1", "old 2"]);
});
