import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Pubkey, pubkey } from "@swarmpost/crypto";
import { askable, nextRound, pulled } from "./sync-rounds.ts";
import { type Holders, type SourceState, type SyncTask, taskFromJson, taskToJson, whole } from "./sync-task.ts";

const node = (i: number): Pubkey => pubkey(Buffer.alloc(32, i + 1));
const all = () => true;

function task(kind: SyncTask["kind"], size: number, done: readonly (SourceState | undefined)[]): SyncTask {
  const sources = done.map((_, i) => node(i));
  const entries = done.flatMap((state, i): [Pubkey, SourceState][] => (state ? [[node(i), state]] : []));
  return {
    kind,
    range: undefined,
    sources,
    size,
    mapHeight: 1n,
    done: new Map(entries),
    owed: new Map(),
    again: undefined,
  };
}

test("the whole sources that are enough meet every majority that may have acknowledged a message", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.nat()), (size, picks) => {
      const order = Array.from({ length: size }, (_, i) => i).sort(() => ((picks.next().value as number) % 2) - 0.5);
      const majority = new Set(order.slice(0, Math.floor(size / 2) + 1));
      const pulled = order.toReversed();
      for (let count = 0; count < size; count++) {
        const done = Array.from({ length: size }, (_, i) =>
          pulled.indexOf(i) < count ? ("whole" as const) : undefined,
        );
        if (!whole(task("gained", size, done), all)) continue;
        assert.ok(done.some((state, i) => state !== undefined && majority.has(i)));
      }
    }),
  );
});

test("sources that are behind do not count, unless no other is left to ask", () => {
  assert.equal(whole(task("gained", 3, ["behind", "behind", undefined]), all), false);
  assert.equal(whole(task("gained", 3, ["behind", "behind", "behind"]), all), true);
  const registered = (key: Pubkey) => key !== node(2);
  assert.equal(whole(task("gained", 3, ["behind", "behind", undefined]), registered), true);
});

test("a majority of new databases is the beginning of a network, one whole node among them is not", () => {
  assert.equal(whole(task("empty", 5, ["blank", "blank", undefined, undefined]), all), true);
  assert.equal(whole(task("empty", 5, ["blank", undefined, undefined, undefined]), all), false);
  assert.equal(whole(task("empty", 5, ["blank", "blank", "whole", undefined]), all), false);
  assert.equal(whole(task("missed", 5, ["blank", "blank", "blank", undefined]), all), false);
  assert.equal(whole(task("gained", 5, ["blank", "blank", "blank", undefined, undefined]), all), false);
});

test("what a source that is behind still has to pull is to be pulled as well, and then all of it once more", () => {
  const lacking = { sources: [node(7), node(8), node(9)], size: 3 };
  const pull = (to: SyncTask, i: number, state: SourceState, owed: readonly Holders[] = []) =>
    nextRound(pulled(to, { source: node(i), state, owed, self: node(20) }), all);
  let one = pull(task("gained", 2, [undefined, undefined]), 0, "behind", [lacking]);
  one = pull(one, 1, "behind");
  assert.deepEqual(askable(one).length, 5);
  assert.equal(whole(one, all), false);
  one = pull(pull(one, 7, "whole"), 8, "whole");
  assert.deepEqual(one.again?.left.length, 4);
  for (const i of [7, 8, 1]) one = pull(one, i, i === 1 ? "behind" : "whole");
  assert.equal(whole(one, all), false);
  one = pull(one, 0, "behind", [lacking]);
  assert.equal(whole(one, all), true);
});

test("sources that lack things of one another do not wait for ever", () => {
  const [a, b] = [
    { sources: [node(0), node(5)], size: 3 },
    { sources: [node(1), node(6)], size: 3 },
  ];
  let one = task("gained", 2, [undefined, undefined]);
  for (let round = 0; round < 2; round++) {
    for (const [i, owed] of [
      [0, b],
      [1, a],
      [5, b],
      [6, a],
    ] as const) {
      assert.equal(whole(one, all), false);
      one = nextRound(pulled(one, { source: node(i), state: "behind", owed: [owed], self: node(20) }), all);
    }
  }
  assert.equal(whole(one, all), true);
});

test("a task survives the database", () => {
  const one: SyncTask = {
    ...task("gained", 3, ["whole", undefined]),
    range: { ids: [0n, 2n ** 63n], owner: 0n },
    owed: new Map([[node(0), [{ sources: [node(5)], size: 2 }]]]),
    again: { all: [node(0)], left: [] },
  };
  assert.deepEqual(taskFromJson(JSON.parse(JSON.stringify(taskToJson(one)))), one);
});
