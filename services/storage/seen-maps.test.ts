import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { KnownMap } from "./known-map.ts";
import { MAP_LIFE_MS, SeenMaps } from "./seen-maps.ts";

const DAY = 86_400_000;
const account = Buffer.alloc(33, 5);

function node(): Pubkey {
  return nodeKeysFromSeed(generateSeed()).pubkey;
}

let height = 0n;

/** A map of one swarm, which keeps everything. */
function mapOf(...members: Pubkey[]): KnownMap {
  return new KnownMap(++height, `map ${height}`, [{ id: 0n, members }]);
}

test("a node that left may hand over as long as what it was given can live, and no longer", () => {
  const [leaver, stayer, stranger] = [node(), node(), node()];
  const maps = new SeenMaps(8);
  const before = mapOf(leaver, stayer);
  maps.see(before, 0);
  maps.see(before, 100 * DAY);
  maps.see(mapOf(stayer), 100 * DAY);
  assert.equal(maps.wasResponsible(leaver, account, 130 * DAY), true);
  assert.equal(maps.wasResponsible(stranger, account, 130 * DAY), false);
  assert.equal(maps.wasResponsible(leaver, account, 100 * DAY + MAP_LIFE_MS + 1), false);
});

test("when maps change too often to be kept, those who left are still let in for the same time", () => {
  const [leaver, stayer] = [node(), node()];
  const maps = new SeenMaps(4);
  maps.see(mapOf(leaver, stayer), DAY);
  for (let i = 0; i < 1_000; i++) maps.see(mapOf(stayer), DAY + i);
  assert.equal(maps.wasResponsible(leaver, account, 30 * DAY), true);
  assert.equal(maps.wasResponsible(leaver, account, DAY + MAP_LIFE_MS + 1), false);
  assert.equal(maps.wasResponsible(node(), account, 30 * DAY), false);
});
