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
let now = 1_000;

function start(remembered: readonly Pubkey[]): { guards: Guards; pool: NodePool; told: () => readonly Pubkey[] } {
  const pool = new NodePool(() => now);
  pool.replace(nodes);
  let told = remembered;
  const guards = new Guards({ remembered, random: () => 0, now: () => now }, (changed) => (told = changed));
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

test("a guard behind which three paths failed within an hour is put last, also after a new node list", () => {
  const { guards, pool, told } = start(keys.slice(0, 2));
  const strikes = (count: number) => {
    for (let i = 0; i < count; i++) guards.strike(keys[0]!);
  };
  strikes(2);
  now += 3_600_001;
  strikes(2);
  assert.equal(guards.choose(pool, any), nodes[0]);
  strikes(1);
  assert.deepEqual(told(), [keys[1], keys[0]]);
  pool.replace(nodes);
  assert.equal(guards.choose(pool, any), nodes[1]);
  assert.equal(
    guards.choose(pool, (node) => node !== nodes[1]),
    nodes[2],
    "a fresh one rather than the suspect",
  );
  assert.equal(
    guards.choose(pool, (node) => node === nodes[0]),
    nodes[0],
    "the suspect rather than none",
  );
  now += 3_600_001;
  assert.equal(
    guards.choose(pool, (node) => node === nodes[0] || node === nodes[5]),
    nodes[0],
  );
});

test("a node is not left alone for ever on another's word", () => {
  const { pool } = start([]);
  assert.equal(pool.avoid(keys[0]!), true);
  assert.equal(pool.isUsable(keys[0]!), false);
  now += 600_001;
  assert.equal(pool.isUsable(keys[0]!), true);
});
