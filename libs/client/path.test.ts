import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import * as fc from "fast-check";
import { completePath, mayJoin } from "./path.ts";
import { failureOf, serverFailureOf } from "./path-failure.ts";
import { majorityOf } from "./member-signatures.ts";
import { NetworkClock } from "./network-clock.ts";
import type { ServiceNode } from "./service-node.ts";

const keys = Array.from({ length: 20 }, () => nodeKeysFromSeed(generateSeed()));

function nodeAt(index: number, ip: string, operator: string): ServiceNode {
  const { pubkey, x25519 } = keys[index] ?? nodeKeysFromSeed(generateSeed());
  return { pubkey, x25519: x25519.publicKey, ip, httpsPort: 1, swarmId: 1n, operator };
}

const networks = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })), { minLength: 1, maxLength: 20 });

test("a diverse path and its destination never hold two nodes of one /24 or one operator", () => {
  fc.assert(
    fc.property(networks, fc.infiniteStream(fc.nat()), (places, numbers) => {
      const nodes = places.map(([subnet, operator], i) => nodeAt(i, `10.0.${subnet}.${i}`, `o${operator}`));
      const [guard, destination] = nodes;
      assert.ok(guard);
      if (destination !== undefined && !mayJoin(guard, [destination], true)) return;
      const random = (bound: number): number => Number(numbers.next().value) % bound;
      const hops = completePath(guard, nodes, { destination, diversity: true }, random);
      if (hops === undefined) return;
      const all = destination === undefined ? hops : [...hops, destination];
      assert.equal(new Set(all.map((hop) => hop.ip.replace(/\.\d+$/, ""))).size, all.length);
      assert.equal(new Set(all.map((hop) => hop.operator)).size, all.length);
    }),
  );
});

test("without diversity three nodes of one address make a path", () => {
  const nodes = [0, 1, 2].map((i) => nodeAt(i, "127.0.0.1", "same"));
  const guard = nodes[0] as ServiceNode;
  const rules = { diversity: false };
  assert.equal(new Set(completePath(guard, nodes, rules, () => 0)).size, 3);
  assert.equal(
    completePath(guard, nodes, { ...rules, diversity: true }, () => 0),
    undefined,
  );
});

test("a path error that names a node is told apart from one that names nobody", () => {
  const key = "Ab".repeat(32);
  const named = ["Next node not found", "Next node is currently unreachable", "Snode not ready"];
  for (const text of named) {
    for (const prefix of ["", "502 Bad Gateway\n\n"]) {
      const failure = failureOf(502, Buffer.from(`${prefix}${text}: ${key}`));
      assert.deepEqual([failure.kind, failure.node], ["node", key.toLowerCase()]);
    }
  }
  assert.equal(failureOf(503, Buffer.from("Service node is not ready: syncing\n")).kind, "guard");
  assert.equal(failureOf(504, Buffer.from("Request time out")).kind, "slow");
  assert.equal(failureOf(400, Buffer.from("Invalid ciphertext")).kind, "refused");
});

test("the network's clock is the median of what ten nodes said, however often one of them speaks", () => {
  const clock = new NetworkClock(() => 1_000);
  assert.equal(clock.now(), 1_000);
  const [liar, ...honest] = keys.map((each) => each.pubkey);
  const when = { sentMs: 900, receivedMs: 1_100 };
  for (const [i, key] of honest.slice(0, 3).entries()) clock.observe(key, 1_500 + i, when);
  for (let i = 0; i < 20; i++) clock.observe(liar!, 9e12, when);
  const two = new NetworkClock(() => 1_000);
  for (const [key, t] of [
    [honest[0]!, 1_001],
    [liar!, 9e12],
  ] as const)
    two.observe(key, t, when);
  assert.equal(two.offsetMs, 1);
  clock.observe(honest[3]!, "soon", when);
  assert.ok(Math.abs(clock.offsetMs - 500) < 10);
});

test("a majority is more than half", () => {
  assert.deepEqual([1, 2, 5, 6, 7, 10].map(majorityOf), [1, 2, 3, 4, 4, 6]);
});

test("what a server behind an exit says names no node and no guard", () => {
  const texts = [
    [502, `Next node not found: ${"ab".repeat(32)}`],
    [502, `Next node is currently unreachable: ${"ab".repeat(32)}`],
    [503, "Service node is not ready: syncing"],
    [503, `Snode not ready: ${"ab".repeat(32)}`],
  ] as const;
  for (const [status, text] of texts) {
    const failure = serverFailureOf(status, Buffer.from(text));
    assert.deepEqual([failure.kind, failure.node], ["refused", undefined], text);
  }
  assert.equal(serverFailureOf(504, Buffer.from("Request time out")).kind, "slow");
});
