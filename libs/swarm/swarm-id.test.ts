import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SwarmError } from "./swarm-error.ts";
import { newSwarmId, type SwarmId, swarmId, UNASSIGNED } from "./swarm-id.ts";

const RING = 2n ** 64n;

const idLists = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: UNASSIGNED - 1n }), { minLength: 1, maxLength: 40 })
  .map((list) => list.sort((a, b) => (a < b ? -1 : 1)).map(swarmId));

function largestGap(ids: readonly SwarmId[]): bigint {
  const gaps = ids.map((id, index) => BigInt.asUintN(64, (ids[(index + 1) % ids.length] as bigint) - id) || RING);
  return gaps.reduce((a, b) => (a > b ? a : b));
}

test("a new id is a new one and never the unassigned id", () => {
  fc.assert(
    fc.property(idLists, (ids) => {
      const made = newSwarmId(ids);
      assert.ok(made >= 0n && made < UNASSIGNED && !ids.includes(made));
    }),
  );
});

test("a new id lies in the middle of the largest gap", () => {
  fc.assert(
    fc.property(idLists, (ids) => {
      const made = newSwarmId(ids);
      const left = ids.filter((id) => id < made).at(-1) ?? (ids.at(-1) as SwarmId);
      const right = ids.find((id) => id > made) ?? (ids[0] as SwarmId);
      const [before, after] = [BigInt.asUintN(64, made - left), BigInt.asUintN(64, right - made)];
      assert.ok(before + after + 1n >= largestGap(ids), "not the largest gap");
      assert.ok(before - after <= 2n && after - before <= 2n, "not its middle");
    }),
  );
});

test("the ids of n swarms made one after the other lie within a factor of two of each other's distance", () => {
  const ids: SwarmId[] = [];
  for (let count = 1; count <= 200; count++) {
    ids.push(newSwarmId(ids));
    ids.sort((a, b) => (a < b ? -1 : 1));
    assert.ok(largestGap(ids) <= (2n * RING) / BigInt(count) + 2n);
  }
});

test("numbers off the ring and the unassigned id are no swarm ids", () => {
  for (const bad of [-1n, UNASSIGNED, RING])
    assert.throws(
      () => swarmId(bad),
      (error) => error instanceof SwarmError && error.code === "bad-id",
    );
});
