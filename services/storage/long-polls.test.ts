import assert from "node:assert/strict";
import { test } from "node:test";
import { LongPolls } from "./long-polls.ts";
import type { LongPollWait } from "./long-poll-wait.ts";
import type { Poll, PollResult } from "./poll-statement.ts";

const account = Buffer.alloc(33, 5);
const other = Buffer.alloc(33, 6);
const poll = (more: Partial<Poll> = {}): Poll => ({
  account,
  namespace: 0,
  lastHash: undefined,
  maxCount: 10,
  maxSize: 1_000,
  reverse: false,
  ...more,
});
const never = new AbortController().signal;
const empty: PollResult = { messages: [], more: false };

/** Long polls whose looks are answered by the test. */
function scripted(bounds: { maxReaders?: number; maxReadersPerCaller?: number } = {}) {
  const looks: ((page: PollResult) => void)[] = [];
  const read = () => new Promise<PollResult>((resolve) => looks.push(resolve));
  const waits = new LongPolls({ maxReaders: 100, maxReadersPerCaller: 100, ...bounds }, { read });
  const enter = (of = poll(), caller = "a"): LongPollWait => waits.enter(of, caller) ?? assert.fail("full");
  return { waits, looks, enter };
}

test("a commit wakes those who wait for its account and namespace, and nobody else", async () => {
  const { waits, enter } = scripted();
  const [mine, second] = [enter(), enter()];
  const elsewhere = [enter(poll({ namespace: 2 })), enter(poll({ account: other }))];
  const woken = Promise.all([mine.next(60_000, never), second.next(60_000, never)]);
  waits.stored(account, 0);
  assert.deepEqual(await woken, ["stored", "stored"]);
  for (const wait of elsewhere) assert.equal(await wait.next(1, never), "over");
});

test("what is committed between a look and the next question is not lost", async () => {
  const { waits, enter } = scripted();
  const wait = enter();
  waits.stored(account, 0);
  assert.equal(await wait.next(60_000, never), "stored");
  assert.equal(await wait.next(1, never), "over");
});

test("those who ask for the same page share one look, but never one that began before the commit", async () => {
  const { waits, looks, enter } = scripted();
  const readers = Array.from({ length: 100 }, (_, i) => enter(poll(), `caller ${i}`));
  const first = readers.map((reader) => reader.look());
  assert.equal(looks.length, 1);
  waits.stored(account, 0);
  const second = readers.map((reader) => reader.look());
  assert.equal(looks.length, 2);
  const page = { messages: [], more: true };
  looks[1]?.(page);
  assert.ok((await Promise.all(second)).every((each) => each === page));
  looks[0]?.(empty);
  assert.ok((await Promise.all(first)).every((each) => each === empty));
  void readers[0]?.look();
  assert.equal(looks.length, 3, "an old look is not used again");
});

test("readers with different pages look each for their own", () => {
  const { looks, enter } = scripted();
  for (const more of [{}, { lastHash: Buffer.alloc(32) }, { maxCount: 1 }, { maxSize: 1 }, { reverse: true }]) {
    void enter(poll(more)).look();
  }
  assert.equal(looks.length, 5);
});

test("too many readers, of all or of one caller, are turned away", () => {
  const { waits, enter } = scripted({ maxReaders: 3, maxReadersPerCaller: 2 });
  const mine = [enter(), enter()];
  assert.equal(waits.enter(poll(), "a"), undefined);
  enter(poll(), "b");
  assert.equal(waits.enter(poll(), "c"), undefined);
  mine[0]?.[Symbol.dispose]();
  enter(poll(), "a");
});

test("nothing is remembered once nobody waits", () => {
  const { waits, enter } = scripted();
  const readers = [enter(), enter(), enter(poll({ namespace: 2 }), "b")];
  assert.deepEqual([waits.readers, waits.remembered], [3, 4]);
  for (const reader of readers) reader[Symbol.dispose]();
  assert.deepEqual([waits.readers, waits.remembered], [0, 0]);
});

test("the end of all waits counts more than a commit, and nobody waits afterwards", async () => {
  const { waits, enter } = scripted();
  const wait = enter();
  waits[Symbol.dispose]();
  waits.stored(account, 0);
  assert.equal(await wait.next(60_000, never), "closing");
  assert.equal(waits.enter(poll(), "b"), undefined);
});

test("a change of rights wakes only those whom it concerns", async () => {
  const { waits, enter } = scripted();
  const [mine, another] = [enter(), enter(poll({ account: other }))];
  waits.recheck((each) => each.equals(account));
  assert.deepEqual([await mine.next(60_000, never), await another.next(1, never)], ["rights", "over"]);
});

test("a reader whose caller has enough waits no longer", async () => {
  const { enter } = scripted();
  const enough = new AbortController();
  const waiting = enter().next(60_000, enough.signal);
  enough.abort();
  assert.equal(await waiting, "over");
  assert.equal(await enter().next(60_000, enough.signal), "over");
});
