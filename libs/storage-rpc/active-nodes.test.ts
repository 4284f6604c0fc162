import assert from "node:assert/strict";
import { test } from "node:test";
import { pubkey } from "@swarmpost/crypto";
import { activeNodesBody } from "./index.ts";

test("a node is 51 bytes: key, swarm id, address, ports and version, big-endian", () => {
  const node = {
    pubkey: pubkey(Buffer.alloc(32, 0xab)),
    swarmId: 0x0102030405060708n,
    ip: "203.0.113.7",
    httpsPort: 22_021,
    peerPort: 22_020,
  };
  const expected = `${"ab".repeat(32)}0102030405060708cb00710756055604020b00`;
  assert.equal(activeNodesBody([node]).toString("hex"), expected);
  assert.equal(activeNodesBody([node, node]).length, 102);
  assert.equal(activeNodesBody([]).length, 0);
});
