import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSeed, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { Guards } from "./guards.ts";
import { NodePool } from "./node-pool.ts";
import type { OnionTransport } from "./onion-transport.ts";
import { mayJoin, systemRandom } from "./path.ts";
import { Paths } from "./paths.ts";
import type { ServiceNode } from "./service-node.ts";

/** Five operators with three nodes each, in a /24 of their own each but for the fifth, whose nodes share the others'. */
const nodes = Array.from({ length: 15 }, (_, index): ServiceNode => {
  const { pubkey, x25519 } = nodeKeysFromSeed(generateSeed());
  const operator = `0x${String(index % 5).repeat(40)}`;
  const ip = index % 5 === 4 ? `203.0.${index % 4}.9` : `203.0.${index % 5}.${index}`;
  return { pubkey, x25519: x25519.publicKey, ip, httpsPort: 22021, swarmId: 1n, operator };
});

/** A keeper of paths that all work. */
function diversePaths(remembered: readonly Pubkey[] = []): Paths {
  const reply = { status: 200, text: "", json: undefined };
  const transport = { send: async () => ({ reply }) } as unknown as OnionTransport;
  const pool = new NodePool(() => 0);
  pool.replace(nodes);
  const guards = new Guards({ remembered, random: systemRandom, now: () => 0 }, () => undefined);
  const parts = { pool, guards, transport, onEvent: () => undefined, refresh: async () => undefined };
  return new Paths({ diversity: true, random: systemRandom }, parts);
}

test("no node of a path shares an operator or a /24 with the destination, on paths kept from other requests too", async () => {
  const paths = diversePaths();
  for (const destination of [...nodes, ...nodes.toReversed()]) {
    const { hops } = await paths.get(destination);
    assert.ok(hops.every((hop) => mayJoin(hop, [destination], true)));
    assert.ok(paths.live().length <= 3);
  }
});

test("no remembered guard is the middle or last hop of a path, while other nodes are left", async () => {
  const remembered = nodes.slice(0, 4).map((node) => node.pubkey);
  for (let build = 0; build < 40; build++) {
    const [, middle, last] = (await diversePaths(remembered).get()).hops;
    assert.ok(!remembered.includes(middle.pubkey) && !remembered.includes(last.pubkey));
  }
});

test("three failures in a row drop a path, three in all do not", async () => {
  const paths = diversePaths();
  const path = await paths.get();
  const fail = (): void => paths.exitFailed(path, { kind: "refused", reason: "the server" });
  for (let round = 0; round < 3; round++) {
    fail();
    fail();
    paths.succeeded(path);
  }
  assert.deepEqual(paths.live(), [path]);
  for (let round = 0; round < 3; round++) fail();
  assert.deepEqual(paths.live(), []);
});
