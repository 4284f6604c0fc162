import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { responsibleSwarm, swarmRange } from "./ring.ts";
import { swarmId, UNASSIGNED } from "./swarm-id.ts";

const idLists = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: UNASSIGNED - 1n }), { minLength: 1, maxLength: 20 })
  .map((list) => list.sort((a, b) => (a < b ? -1 : 1)).map(swarmId));
const places = fc.bigInt({ min: 0n, max: UNASSIGNED });

const distance = (a: bigint, b: bigint): bigint => {
  const [there, back] = [BigInt.asUintN(64, a - b), BigInt.asUintN(64, b - a)];
  return there < back ? there : back;
};

test("no other swarm is nearer than the responsible one", () => {
  fc.assert(
    fc.property(idLists, places, (ids, place) => {
      const responsible = responsibleSwarm(ids, place);
      assert.ok(responsible !== undefined);
      for (const id of ids) assert.ok(distance(responsible, place) <= distance(id, place));
    }),
  );
});

test("a place lies in the range of its responsible swarm and of no other", () => {
  fc.assert(
    fc.property(idLists, places, (ids, place) => {
      const holders = ids.filter((id) => {
        const { above, upTo } = swarmRange(ids, id);
        const length = BigInt.asUintN(64, upTo - above);
        return length === 0n || BigInt.asUintN(64, place - above - 1n) < length;
      });
      assert.deepEqual(holders, [responsibleSwarm(ids, place)]);
    }),
  );
});

test("a place between two swarms at equal distance belongs to the left one", () => {
  assert.equal(responsibleSwarm([swarmId(10n), swarmId(20n)], 15n), 10n);
});

test("without swarms nobody is responsible", () => {
  assert.equal(responsibleSwarm([], 1n), undefined);
});
