import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { Guards } from "./guards.ts";
import { NodePool } from "./node-pool.ts";
import type { ServiceNode } from "./service-node.ts";

const nodes = Array.from({ length: 12 }, (_, index): ServiceNode => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  return { pubkey, x25519: x25519.publicKey, ip: `203.0.${index}.1`, httpsPort: 22021, swarmId: 1n };
});
const keys = nodes.map((node) => node.pubkey);
const any = () => true;

function start(remembered: readonly Pubkey[]): { guards: Guards; pool: NodePool; told: () => readonly Pubkey[] } {
  const pool = new NodePool(nodes);
  let told = remembered;
  const guards = new Guards({ remembered, random: () => 0 }, (changed) => (told = changed));
  return { guards, pool, told: () => told };
}

test("the guards kept longest are remembered when newer ones come and go", () => {
  const { guards, pool, told } = start(keys.slice(0, 6));
  for (const key of keys.slice(0, 9)) pool.drop(key);
  guards.choose(pool, any);
  assert.deepEqual(told(), [...keys.slice(0, 5), keys[9]]);
  pool.drop(keys[9]!);
  guards.choose(pool, any);
  assert.deepEqual(told(), [...keys.slice(0, 5), keys[10]]);
});
