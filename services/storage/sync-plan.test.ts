import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { pubkey } from "@swarmpost/crypto";
import { KnownMap } from "./known-map.ts";
import { planSync } from "./sync-plan.ts";
import { covers } from "./sync-task.ts";

const OTHER = 2n ** 63n;
const nodes = Array.from({ length: 12 }, (_, i) => pubkey(Buffer.alloc(32, i + 1)));
const self = nodes[0]!;

function map(height: number, layout: Record<string, number[]>): KnownMap {
  const swarms = Object.entries(layout).map(([id, members]) => ({
    id: BigInt(id),
    members: members.map((i) => nodes[i]!),
  }));
  swarms.sort((a, b) => (a.id < b.id ? -1 : 1));
  return new KnownMap(BigInt(height), `map ${height}`, swarms);
}

const kinds = (tasks: ReturnType<typeof planSync>) => tasks.map((task) => task.kind);

test("the first swarm of a network has nobody to pull from but its members", () => {
  const empty = map(0, {});
  const first = map(1, { 0: [0, 1, 2] });
  assert.deepEqual(planSync({ self, current: first, previous: undefined, last: empty, empty: false }), []);
  assert.deepEqual(kinds(planSync({ self, current: first, previous: undefined, last: undefined, empty: true })), [
    "empty",
  ]);
});

test("a newcomer pulls from those who were there before it", () => {
  const before = map(1, { 0: [1, 2, 3] });
  const current = map(2, { 0: [0, 1, 2, 3] });
  const [task, ...more] = planSync({ self, current, previous: before, last: before, empty: false });
  assert.deepEqual(more, []);
  assert.deepEqual(task?.sources, [nodes[1], nodes[2], nodes[3]]);
  assert.equal(task?.size, 3);
});

test("who stays in its swarm has nothing to pull when another joins, and compares when another leaves", () => {
  const before = map(1, { 0: [0, 1, 2] });
  const joined = map(2, { 0: [0, 1, 2, 3] });
  const left = map(2, { 0: [0, 1] });
  assert.deepEqual(planSync({ self, current: joined, previous: before, last: before, empty: false }), []);
  assert.deepEqual(kinds(planSync({ self, current: left, previous: before, last: before, empty: false })), ["refresh"]);
});

test("a node that missed a map pulls everything from the other members", () => {
  const old = map(1, { 0: [0, 1, 2] });
  const missed = map(2, { 0: [0, 1, 2, 3] });
  const current = map(3, { 0: [0, 1, 2, 3, 4] });
  assert.deepEqual(kinds(planSync({ self, current, previous: missed, last: old, empty: false })), ["missed"]);
});

test("a dissolved neighbour's part is pulled from its members, by all who stayed and not by who came from it", () => {
  const before = map(1, { 0: [0, 1, 2], [String(OTHER)]: [3, 4, 5] });
  const current = map(2, { 0: [0, 1, 2, 3] });
  const [task] = planSync({ self, current, previous: before, last: before, empty: false });
  assert.equal(task?.range?.owner, OTHER);
  const moved = planSync({ self: nodes[3]!, current, previous: before, last: before, empty: false });
  assert.deepEqual(
    moved.map((each) => each.range?.owner),
    [0n],
  );
});

const layouts = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }), { minLength: 1, maxLength: 4 });
const accounts = fc.uint8Array({ minLength: 33, maxLength: 33 }).map((bytes) => Buffer.from(bytes));

test("every account that this node keeps now and did not keep before is in exactly the task of its former keepers", () => {
  fc.assert(
    fc.property(
      layouts,
      layouts,
      fc.array(accounts, { minLength: 20, maxLength: 20 }),
      fc.nat(),
      (a, b, some, pick) => {
        const layout = (ids: readonly bigint[], shift: number) =>
          Object.fromEntries(
            ids.map((id, i) => [String(id), nodes.map((_, n) => n).filter((n) => (n + shift) % ids.length === i)]),
          );
        const before = map(1, layout(a, 0));
        const current = map(2, layout(b, pick % 5));
        const tasks = planSync({ self, current, previous: before, last: before, empty: false }).filter(
          ({ kind }) => kind === "gained",
        );
        for (const account of some) {
          const now = current.responsible(account)?.members.includes(self);
          const then = before.responsible(account);
          const about = tasks.filter((task) => covers(task, account));
          if (!now || then?.members.includes(self)) continue;
          assert.equal(about.length, 1);
          assert.deepEqual(about[0]?.sources, then?.members);
        }
      },
    ),
    { numRuns: 300 },
  );
});
