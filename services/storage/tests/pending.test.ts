import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pubkey } from "@swarmpost/crypto";
import { type Database, migrate, openDatabase } from "@swarmpost/postgres";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { migrations } from "../migrations.ts";
import { Pending } from "../pending.ts";
import type { DeleteRecord } from "../record.ts";

const target = pubkey(Buffer.alloc(32, 1));
const account = Buffer.alloc(33, 5);
const stamp = { ms: Date.now(), node: Buffer.alloc(32) };
const record: DeleteRecord = { kind: "delete", account, hashes: [], stamp, request: Buffer.alloc(0) };

let postgres: PostgresServer;
let database: Database;
before(async () => {
  postgres = await startPostgres();
  database = openDatabase({ url: postgres.url(), maxConnections: 4 });
  await migrate(database, migrations);
});
after(async () => {
  await database[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

test("a frame that is being written while somebody finds nothing is not forgotten", async () => {
  await using pending = new Pending(
    { maxFrames: 1_000, maxBytes: 1_000_000 },
    { database, onMissed: () => {}, onCounted: () => {} },
  );
  for (let i = 0; i < 40; i++) {
    const adding = pending.add([target], record, Buffer.from(`frame ${i}`));
    const looks = [];
    for (let look = 0; look < 4; look++) looks.push(pending.next(target, 10));
    await Promise.all([adding, ...looks]);
    assert.deepEqual(pending.targets, [target]);
    const frames = await pending.next(target, 10);
    assert.deepEqual(
      frames.map((frame) => frame.record.toString()),
      [`frame ${i}`],
    );
    await pending.remove(
      target,
      frames.map((frame) => frame.id),
    );
    await pending.next(target, 10);
    assert.deepEqual(pending.targets, []);
  }
});

test("what is kept is bounded, in order, and known again after a restart", async () => {
  await using pending = new Pending(
    { maxFrames: 3, maxBytes: 1_000_000 },
    { database, onMissed: () => {}, onCounted: () => {} },
  );
  for (let i = 0; i < 5; i++) await pending.add([target], record, Buffer.from(`frame ${i}`));
  assert.equal(pending.overflowed(target), true);
  await using restarted = new Pending(
    { maxFrames: 3, maxBytes: 1_000_000 },
    { database, onMissed: () => {}, onCounted: () => {} },
  );
  await restarted.load();
  assert.equal(restarted.overflowed(target), true);
  const frames = await restarted.next(target, 10);
  assert.deepEqual(
    frames.map((frame) => frame.record.toString()),
    ["frame 0", "frame 1", "frame 2"],
  );
  await restarted.forget(target);
  assert.deepEqual(restarted.targets, []);
});

test("frames are bounded by their bytes too, and what is past makes room", async () => {
  const other = pubkey(Buffer.alloc(32, 2));
  await using pending = new Pending(
    { maxFrames: 100, maxBytes: 250 },
    { database, onMissed: () => {}, onCounted: () => {} },
  );
  for (let i = 0; i < 2; i++) await pending.add([other], record, Buffer.alloc(100));
  await pending.purge(stamp.ms);
  assert.equal(pending.size, 2);
  await pending.purge(stamp.ms + 31 * 86_400_000);
  assert.deepEqual(await pending.next(other, 10), []);
  for (let i = 0; i < 2; i++) await pending.add([other], record, Buffer.alloc(100));
  assert.equal(pending.overflowed(other), false);
  const [first] = await pending.next(other, 1);
  await pending.remove(other, [first!.id]);
  await pending.add([other], record, Buffer.alloc(100));
  assert.equal(pending.overflowed(other), false);
  await using restarted = new Pending(
    { maxFrames: 100, maxBytes: 250 },
    { database, onMissed: () => {}, onCounted: () => {} },
  );
  await restarted.load();
  await restarted.add([other], record, Buffer.alloc(100));
  assert.equal(restarted.overflowed(other), true);
  await restarted.forget(other);
});
