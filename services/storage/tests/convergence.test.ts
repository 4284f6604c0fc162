import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as fc from "fast-check";
import { blake2b } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import type { CommitQueue } from "../commit-queue.ts";
import { startTestCommits, type TestCommits } from "../testing/test-commits.ts";

let storage: TestCommits;
let database: Database;
let commits: CommitQueue;
before(async () => {
  storage = await startTestCommits();
  ({ database, commits } = storage);
});
after(() => storage[Symbol.asyncDispose]());

/** One store or delete of one of three messages, at some moment by some node. */
interface Event {
  readonly kind: "store" | "delete";
  readonly message: number;
  readonly at: number;
  readonly node: number;
}

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("store" as const, "delete" as const),
    message: fc.nat(2),
    at: fc.nat(5),
    node: fc.nat(2),
  }),
  { maxLength: 14 },
);

const start = Date.now();
let runs = 0;

async function apply(account: Buffer, list: readonly Event[]): Promise<void> {
  const data = (event: Event) => Buffer.from(`message ${event.message}`);
  await Promise.all(
    list.map((event) => {
      const hash = blake2b(32, data(event));
      // A delete is signed by one account once; nodes that stamp it differently are of different requests.
      const stamp = { ms: start + event.at, node: Buffer.alloc(32, event.node) };
      const expiryMs = start + 86_400_000;
      if (event.kind === "delete") {
        const deletion = { id: blake2b(32, hash), account, request: Buffer.from("{}") };
        return commits.bury({ deletion, hash, stamp, expiryMs });
      }
      const record = { kind: "store" as const, account, namespace: 0, hash, timestampMs: start, expiryMs, stamp };
      return commits.store({ ...record, auth: undefined, data: data(event) });
    }),
  );
}

async function state(account: Buffer): Promise<unknown> {
  const messages = await database.query({
    text: `select m.hash, m.stamp_ms, m.stamp_node, b.data from message m
           join body b on b.day = m.body_day and b.seq = m.seq where m.account = $1 order by m.hash`,
    values: [account],
  });
  const graves = await database.query({
    text: "select hash, stamp_ms, stamp_node from tombstone where account = $1 order by hash",
    values: [account],
  });
  return [messages.rows, graves.rows];
}

/** What must be: a message is there when some store of it is later than all deletes. */
function expected(list: readonly Event[]): number {
  const rank = (event: Event) => event.at * 10 + event.node;
  const latest = (kind: Event["kind"], message: number) =>
    Math.max(-1, ...list.filter((event) => event.kind === kind && event.message === message).map(rank));
  return [0, 1, 2].filter((message) => latest("store", message) > latest("delete", message)).length;
}

test("members that get the same stores and deletes in any order and any batches hold the same", async () => {
  await fc.assert(
    fc.asyncProperty(events, fc.infiniteStream(fc.nat()), async (list, picks) => {
      const one = Buffer.alloc(33, 1);
      const two = Buffer.alloc(33, 2);
      for (const account of [one, two]) account.writeUInt32LE(++runs, 1);
      const shuffled = list.map((event) => ({ event, at: picks.next().value as number }));
      shuffled.sort((a, b) => a.at - b.at);
      await apply(one, list);
      for (const { event } of shuffled) await apply(two, [event]);
      const [first, second] = [await state(one), await state(two)];
      assert.deepEqual(first, second);
      assert.equal((first as unknown[][])[0]?.length, expected(list));
    }),
    { numRuns: 60 },
  );
});
