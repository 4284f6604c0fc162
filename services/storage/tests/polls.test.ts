import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fitPage } from "@swarmpost/storage-rpc";
import type { Query } from "@swarmpost/postgres";
import type { Poll, PollResult } from "../poll-statement.ts";
import type { StorageData } from "../storage-data.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

let swarm: TestSwarm;
let data: StorageData;
before(async () => {
  swarm = await TestSwarm.start(1);
  data = swarm.nodes[0]!.service.node.data;
});
after(() => swarm[Symbol.asyncDispose]());

let accounts = 0;

/** An account with messages of these sizes, in this order. */
async function filled(sizes: readonly number[]): Promise<Buffer> {
  const account = Buffer.alloc(33, ++accounts);
  const now = Date.now();
  const stamp = { ms: now, node: Buffer.alloc(32) };
  await Promise.all(
    sizes.map((size, i) => {
      const hash = Buffer.alloc(32);
      hash.writeUInt32BE(i);
      const record = { kind: "store" as const, account, namespace: 0, hash, timestampMs: now, expiryMs: now + 1e6 };
      return data.commits.store({ ...record, stamp, auth: undefined, data: Buffer.alloc(size, i) });
    }),
  );
  return account;
}

function poll(account: Buffer, more: Partial<Poll> = {}): Promise<PollResult> {
  const limits = { lastHash: undefined, maxCount: 10_908, maxSize: 7_800_000, reverse: false };
  return data.polls.poll({ account, namespace: 0, ...limits, ...more });
}

const numbers = (page: PollResult) => page.messages.map((message) => message.hash.readUInt32BE());

test("pages are as long as they may be, whatever way they take", async () => {
  for (const sizes of [Array(700).fill(10), Array(300).fill(30_000), [...Array(256).fill(1), 70_000, 70_000]]) {
    const account = await filled(sizes);
    for (const { maxCount, maxSize } of [
      { maxCount: 10_908, maxSize: 1_560_000 },
      { maxCount: 256, maxSize: 7_800_000 },
      { maxCount: 257, maxSize: 100_000 },
      { maxCount: 1, maxSize: 1 },
    ]) {
      const page = await poll(account, { maxCount, maxSize });
      const { count, more } = fitPage(sizes, { count: maxCount, size: maxSize });
      assert.deepEqual(numbers(page), Array.from(sizes.slice(0, count).keys()));
      assert.equal(page.more, more);
      assert.ok(page.messages.every((message, i) => message.data.length === sizes[i]));
      const last = await poll(account, { maxCount, maxSize, reverse: true });
      const backwards = fitPage(sizes.toReversed(), { count: maxCount, size: maxSize });
      assert.deepEqual(numbers(last), Array.from(sizes.keys()).toReversed().slice(0, backwards.count));
    }
  }
});

test("polls with much behind them neither fill the memory nor hold up the others", async () => {
  const big = await filled(Array(70).fill(76_000));
  const small = await filled([10]);
  const { database } = data;
  const query = database.query.bind(database);
  const held: (() => void)[] = [];
  let most = 0;
  database.query = async <R>(each: Query) => {
    const result = await query<R>(each);
    if (!each.name?.startsWith("poll_")) return result;
    const bytes = result.rows.reduce(
      (sum: number, row) => sum + ((row as { data: Buffer | null }).data?.length ?? 0),
      0,
    );
    most = Math.max(most, bytes);
    if (bytes > 1_000_000) await new Promise<void>((resolve) => held.push(resolve));
    return result;
  };
  const heavy = Array.from({ length: 6 }, () => poll(big));
  let done = false;
  const all = Promise.all(heavy).finally(() => {
    done = true;
  });
  for (; !done; await new Promise(setImmediate)) {
    // While a statement with bodies is under way.
    if (held.length > 0) assert.deepEqual(numbers(await poll(small)), [0]);
    for (const resolve of held.splice(0)) resolve();
  }
  database.query = query;
  assert.deepEqual(
    (await all).map((page) => page.messages.length),
    Array(6).fill(70),
  );
  assert.ok(most <= 8 * 1024 * 1024, `${most} bytes in one statement`);
});
