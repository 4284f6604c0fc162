import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes } from "@swarmpost/crypto";
import { type MessageHash, messageHashFromBytes } from "@swarmpost/storage-rpc";
import { eventually } from "@swarmpost/testkit";
import { MAX_BLIND_TOMBSTONES, TOMBSTONE_LIFE_MS } from "../tombstone-life.ts";
import { TestAccount } from "../testing/test-account.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const DAY = 86_400_000;

function unknownHashes(count: number): MessageHash[] {
  return Array.from({ length: count }, () => messageHashFromBytes(randomBytes(32)));
}

async function rows(swarm: TestSwarm, table: string): Promise<number> {
  const { database } = swarm.nodes[0]!.service.node.data;
  const { rows: found } = await database.query<{ count: bigint }>({ text: `select count(*) as count from ${table}` });
  return Number(found[0]?.count);
}

test("a day that is past leaves the disk whole, and an extended message lives on in its new day", async () => {
  await using swarm = await TestSwarm.start(1);
  const [node] = swarm.nodes;
  const account = new TestAccount();
  await node!.rpc("store", account.store("short", { ttl: DAY }));
  await node!.rpc("store", account.store("extended", { ttl: DAY }));
  await node!.rpc("store", account.store("extended", { ttl: 5 * DAY }));
  assert.deepEqual([await rows(swarm, "message"), await rows(swarm, "body")], [2, 3]);
  node!.clock.offsetMs = 3 * DAY;
  assert.equal(await node!.service.node.data.expiry.run(), 1);
  assert.deepEqual([await rows(swarm, "message"), await rows(swarm, "body")], [1, 1]);
  const timestamp = node!.clock.now();
  const request = { pubkey: account.id, timestamp, ...account.signed(`retrieve${timestamp}`) };
  const { body } = await node!.rpc("retrieve", request);
  assert.equal(Buffer.from(body.messages[0].data, "base64").toString(), "extended");
  assert.equal(await node!.service.node.data.expiry.run(), 0);
});

test("tombstones, changes and the requests behind them go when no copy of the message can live any more", async () => {
  await using swarm = await TestSwarm.start(1);
  const [node] = swarm.nodes;
  const account = new TestAccount();
  const stored = await node!.rpc("store", account.store("gone", { ttl: DAY }));
  await node!.rpc("delete", account.delete([stored.body.hash]));
  await node!.rpc("delete_all", account.deleteAll());
  assert.deepEqual([await rows(swarm, "tombstone"), await rows(swarm, "deletion")], [1, 1]);
  assert.deepEqual([await rows(swarm, "change"), await rows(swarm, "change_request")], [1, 1]);
  node!.clock.offsetMs = 29 * DAY;
  await node!.service.node.data.expiry.run();
  assert.deepEqual([await rows(swarm, "tombstone"), await rows(swarm, "change")], [1, 1]);
  node!.clock.offsetMs = 30 * DAY + 80_000;
  await node!.service.node.data.expiry.run();
  assert.deepEqual([await rows(swarm, "tombstone"), await rows(swarm, "deletion")], [0, 0]);
  assert.deepEqual([await rows(swarm, "change"), await rows(swarm, "change_request")], [0, 0]);
});

test("a message that is stored again while its old copy is purged stays", async () => {
  await using swarm = await TestSwarm.start(1);
  const { database, commits, expiry } = swarm.nodes[0]!.service.node.data;
  const now = Date.now();
  const store = (stampMs: number, expiryMs: number) => {
    const key = { account: Buffer.alloc(33, 5), namespace: 0, hash: Buffer.alloc(32, 7), timestampMs: stampMs };
    const stamp = { ms: stampMs, node: Buffer.alloc(32, 1) };
    return commits.store({ kind: "store", ...key, expiryMs, stamp, auth: undefined, data: Buffer.from("x") });
  };
  // A commit that takes its time holds the row lock while the purge looks at the row.
  await database.query({
    text: "create function slow() returns trigger language plpgsql as $f$ begin perform pg_sleep(1); return null; end $f$",
  });
  for (let i = 0; i < 8; i++) {
    // An insert, too: the purge that the service makes by itself may have come first.
    const trigger = "create constraint trigger slow after insert or update on";
    await database.query({
      text: `${trigger} message_${i} deferrable initially deferred for each row execute function slow()`,
    });
  }
  await store(now - 10 * DAY, (Math.floor(now / DAY) - 2) * DAY + 5);
  const again = store(now, now + DAY);
  const locked = "select from pg_stat_activity where wait_event = 'PgSleep'";
  await eventually(async () => assert.ok((await database.query({ text: locked })).rowCount > 0));
  await expiry.run();
  assert.equal((await again).outcome, "stored");
  await expiry.run();
  assert.deepEqual([await rows(swarm, "message"), await rows(swarm, "body")], [1, 1]);
});

test("deletions of what never was here are bounded for each account, the newest and those of real messages stay", async () => {
  await using swarm = await TestSwarm.start(1);
  const node = swarm.nodes[0]!;
  const [account, other] = [new TestAccount(), new TestAccount()];
  const { hash } = (await node.rpc("store", account.store("real"))).body;
  await node.rpc("delete", account.delete([hash]));
  await node.rpc("delete", other.delete(unknownHashes(10)));
  const { database } = node.service.node.data;
  await database.query({
    text: `insert into tombstone select $1, sha256(int4send(n)), $2::bigint + n, $3, $2::bigint + n + $4::bigint, $3
           from generate_series(1, $5::int) n`,
    values: [
      Buffer.from(account.id, "hex"),
      Date.now(),
      Buffer.alloc(32),
      TOMBSTONE_LIFE_MS,
      MAX_BLIND_TOMBSTONES + 600,
    ],
  });
  const newest = unknownHashes(300);
  node.clock.offsetMs = 60_000;
  assert.equal((await node.rpc("delete", account.delete(newest))).status, 200);
  const { rows: kept } = await database.query<{ account: Buffer; hash: Buffer }>({
    text: "select account, hash from tombstone",
  });
  const own = kept.filter((row) => row.account.toString("hex") === account.id);
  assert.equal(kept.length - own.length, 10);
  assert.ok(own.length <= MAX_BLIND_TOMBSTONES + 1 + 512, `${own.length} are kept`);
  const hashes = new Set<string>(own.map((row) => messageHashFromBytes(row.hash)));
  for (const each of [hash, ...newest]) assert.ok(hashes.has(each));
});

test("a request that no tombstone refers to any more goes", async () => {
  await using swarm = await TestSwarm.start(1);
  const node = swarm.nodes[0]!;
  const account = new TestAccount();
  const [first, second] = unknownHashes(2) as [MessageHash, MessageHash];
  await node.rpc("delete", account.delete([first]));
  await node.rpc("delete", account.delete([first, second]));
  await node.service.node.data.expiry.run();
  assert.deepEqual([await rows(swarm, "tombstone"), await rows(swarm, "deletion")], [2, 2]);
  node.clock.offsetMs = 2 * 3_600_000;
  await node.service.node.data.expiry.run();
  assert.deepEqual([await rows(swarm, "tombstone"), await rows(swarm, "deletion")], [2, 1]);
});

test("a reader that takes its time holds up no polls while a day is dropped, and the day goes once it is done", async () => {
  await using swarm = await TestSwarm.start(1, { settings: { DATABASE_CONNECTIONS: "6" } });
  const node = swarm.nodes[0]!;
  const { database, expiry } = node.service.node.data;
  const account = new TestAccount();
  await node.rpc("store", account.store("live"));
  for (const day of [100, 101, 102]) {
    await database.query({ text: `create table body_${day} partition of body for values in (${day})` });
  }
  const reading = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const reader = database.transaction(async (transaction) => {
    await transaction.query({ text: "select from body" });
    opened.resolve();
    await reading.promise;
  });
  await opened.promise;
  const waiting = "select from pg_stat_activity where query like '%detach%' and wait_event_type = 'Lock'";
  const run = assert.rejects(expiry.run());
  await eventually(async () => assert.ok((await database.query({ text: waiting })).rowCount > 0));
  assert.equal((await node.rpc("retrieve", account.retrieve())).body.messages.length, 1);
  assert.equal((await node.rpc("store", account.store("next"))).status, 200);
  await run;
  reading.resolve();
  await reader;
  await database.query({ text: "alter table body detach partition body_102" }).catch(() => undefined);
  assert.ok((await expiry.run()) > 0);
  assert.equal(await expiry.run(), 0);
  const { rowCount } = await database.query({ text: "select from pg_class where relname ~ '^body_1[0-9][0-9]$'" });
  assert.equal(rowCount, 0);
});
