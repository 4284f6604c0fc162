import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomBytes } from "@swarmpost/crypto";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const DAY = 86_400_000;
const account = Buffer.alloc(33, 5);
const sender = Buffer.alloc(32, 1);

let swarm: TestSwarm;
let node: TestNode;
before(async () => {
  swarm = await TestSwarm.start(1);
  node = swarm.nodes[0]!;
});
after(() => swarm[Symbol.asyncDispose]());

function store(hash: Buffer, stampMs: number, expiryMs: number) {
  const key = { account, namespace: 0, hash, timestampMs: stampMs, stamp: { ms: stampMs, node: sender } };
  const data = Buffer.from("x");
  return node.service.node.data.commits.store({ kind: "store", ...key, expiryMs, auth: undefined, data });
}

function bury(hash: Buffer, stampMs: number, expiryMs: number, request = "{}") {
  const deletion = { id: randomBytes(32), account, request: Buffer.from(request) };
  return node.service.node.data.commits.bury({ deletion, hash, stamp: { ms: stampMs, node: sender }, expiryMs });
}

/** Ends of a tombstone and of the request that it points to. */
async function ends(hash: Buffer): Promise<{ tombstone: number; request: number }> {
  const { rows } = await node.service.node.data.database.query<{ tombstone: bigint; request: bigint }>({
    text: `select t.expiry_ms as tombstone, coalesce(d.expiry_ms, 0) as request
           from tombstone t left join deletion d on d.id = t.deletion where t.hash = $1`,
    values: [hash],
  });
  return { tombstone: Number(rows[0]?.tombstone), request: Number(rows[0]?.request) };
}

test("a copy that has just expired here does not end its tombstone", async () => {
  const now = Date.now();
  const hash = randomBytes(32);
  await store(hash, now - 50_000, now - 1);
  await bury(hash, now, now + 30 * DAY);
  assert.ok((await ends(hash)).tombstone >= now + 14 * DAY);
  assert.equal((await store(hash, now - 10_000, now + DAY)).outcome, "superseded");
});

test("a tombstone outlives a shorter copy of this node: another member may hold a longer one", async () => {
  const now = Date.now();
  const hash = randomBytes(32);
  await store(hash, now, now + 60_000);
  await bury(hash, now + 5, now + 20 * DAY);
  assert.ok((await ends(hash)).tombstone >= now + 14 * DAY);
  const owner = new TestAccount();
  for (const namespace of [0, 2]) {
    const { body } = await node.rpc("store", owner.store("short", { ttl: 60_000, namespace }));
    await node.rpc("delete", owner.delete([body.hash]));
    assert.ok((await ends(Buffer.from(body.hash, "base64"))).tombstone >= now + 30 * DAY);
  }
});

test("the request that a tombstone points to lives as long as the tombstone, whichever delete is the later", async () => {
  const now = Date.now();
  for (const [first, second] of [
    [now, now + 5],
    [now + 5, now],
  ] as const) {
    const hash = randomBytes(32);
    await bury(hash, first, now + 20 * DAY, "first");
    await bury(hash, second, now + DAY, "second");
    assert.deepEqual(await ends(hash), { tombstone: now + 20 * DAY, request: now + 20 * DAY });
    const longer = randomBytes(32);
    await bury(longer, first, now + DAY, "first");
    await bury(longer, second, now + 20 * DAY, "second");
    assert.deepEqual(await ends(longer), { tombstone: now + 20 * DAY, request: now + 20 * DAY });
  }
});
