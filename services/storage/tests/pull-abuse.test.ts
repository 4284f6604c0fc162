import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pubkeyBytes } from "@swarmpost/crypto";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { Executor } from "../executor.ts";
import { MAX_ENTRIES, MAX_HOLDERS, readEntry, readHolders, writeKey, writeList } from "../handoff-codec.ts";
import { decodeRecord } from "../record-codec.ts";
import { KIND } from "../replica-kinds.ts";
import { readOpaque, writeOpaque } from "../sealed-cursor.ts";
import { linksTo } from "../testing/peer-requests.ts";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 100 });
});
after(() => postgres[Symbol.asyncDispose]());

test("a puller learns of no account that it does not keep, and comes to the end all the same", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [victim] = swarm.nodes as [TestNode];
  const peer = await swarm.add();
  await peer.stop();
  await victim.service.node.data.database.query({
    text: `insert into message select decode('05','hex')||sha256(i::text::bytea), sha256(('h'||i)::bytea), 0, i, 1, 1, 1,
             9999999999999, 1, decode(repeat('00', 32), 'hex'), null from generate_series(1,5000) i`,
  });
  const { rows } = await victim.service.node.data.database.query<{ account: Buffer }>({
    text: "select account from message",
  });
  swarm.setMap(
    new Map([
      [0n, [victim]],
      [2n ** 63n, [peer]],
    ]),
  );
  const keeps = (account: Buffer) =>
    victim.view.current.responsible(account.subarray(1))?.members.includes(peer.pubkey) ?? false;
  const others = new Set(rows.filter(({ account }) => !keeps(account)).map(({ account }) => account.toString("hex")));
  await using links = linksTo(victim, peer);
  let seen = 0;
  let cursor: Buffer | undefined;
  do {
    const writer = new ByteWriter().u64(0);
    writeOpaque(writer, cursor);
    const page = await links.request(victim.pubkey, KIND.pullIndex, writer.finish(), { deadlineMs: 5_000 });
    const text = page.toString("hex");
    assert.ok([...others].every((account) => !text.includes(account)));
    const reader = new ByteReader(page.subarray(9));
    reader.list(MAX_HOLDERS, readHolders);
    cursor = readOpaque(reader);
    seen += reader.list(MAX_ENTRIES, readEntry).length;
  } while (cursor !== undefined);
  assert.equal(seen, rows.length - others.size);
});

test("a puller is given the changes and revocations of no account that it does not keep", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [victim] = swarm.nodes as [TestNode];
  const peer = await swarm.add();
  await peer.stop();
  const accounts = Array.from({ length: 20 }, () => new TestAccount());
  for (const account of accounts) {
    const changed = await victim.rpc("delete_before", account.deleteBefore(Date.now()));
    const revoked = await victim.rpc("revoke_subaccount", account.revocation("revoke", [account.token()]));
    assert.deepEqual([changed.status, revoked.status], [200, 200]);
  }
  swarm.setMap(
    new Map([
      [0n, [victim]],
      [2n ** 63n, [peer]],
    ]),
  );
  const keeps = ({ id }: TestAccount) =>
    victim.view.current.responsible(Buffer.from(id.slice(2), "hex"))?.members.includes(peer.pubkey) ?? false;
  const own = accounts.filter(keeps).map(({ id }) => id);
  await using links = linksTo(victim, peer);
  for (const kind of [KIND.pullChanges, KIND.pullRevocations]) {
    const writer = new ByteWriter().u64(0).u8(0);
    writeOpaque(writer, undefined);
    const page = await links.request(victim.pubkey, kind, writer.finish(), { deadlineMs: 5_000 });
    const reader = new ByteReader(page);
    assert.equal(readOpaque(reader), undefined);
    const given = reader.list(MAX_ENTRIES, decodeRecord).map((record) => record.account.toString("hex"));
    assert.deepEqual(given.sort(), own.toSorted());
  }
});

test("a member that asks for the same record a thousand times gets it once, and long answers end early", async () => {
  await using swarm = await TestSwarm.start(2, { postgres });
  const [victim, member] = swarm.nodes as [TestNode, TestNode];
  await eventually(() => assert.equal(victim.service.node.whole.ownState, "whole"), { timeoutMs: 30_000 });
  const account = new TestAccount();
  const keys = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const data = Buffer.alloc(75_000, i);
      const { status, body } = await victim.rpc("store", account.store(data));
      assert.equal(status, 200);
      return { account: Buffer.from(account.id, "hex"), hash: Buffer.from(body.hash, "base64"), namespace: 0 };
    }),
  );
  await using links = linksTo(victim, member);
  const ask = async (wanted: typeof keys) => {
    const writer = new ByteWriter();
    writeList(writer, wanted, writeKey);
    const answer = await links.request(victim.pubkey, KIND.pullRecords, writer.finish(), { deadlineMs: 10_000 });
    return new ByteReader(answer).list(MAX_ENTRIES, decodeRecord).length;
  };
  assert.equal(await ask(Array(1_000).fill(keys[0])), 1);
  const some = await ask(keys);
  assert.ok(some >= 32 && some < 100, `${some} records`);
});

test("a pull waits for the parts of a long delete that are still to come", async () => {
  await using swarm = await TestSwarm.start(1, { postgres });
  const [node] = swarm.nodes as [TestNode];
  let begun = 0;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const bury = async () => {
    begun++;
    await gate;
    return { outcome: "unknown" };
  };
  const executor = new Executor({ commits: { bury } as never, keys: node.keys, clock: node.clock });
  const hashes = Array.from({ length: 700 }, (_, i) => Buffer.alloc(32, i % 256));
  const account = Buffer.from(new TestAccount().id, "hex");
  const stamp = { ms: node.clock.now(), node: pubkeyBytes(node.pubkey) };
  const run = executor.run({ kind: "delete", account, stamp, request: Buffer.from("{}"), hashes } as never);
  const settled = executor.settled().then(() => begun);
  open();
  await run.catch(() => undefined);
  assert.equal(await settled, 700);
});
