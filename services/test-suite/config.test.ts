import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, parseConfig } from "@swarmpost/runtime";
import { testSuiteConfig } from "./config.ts";

const DATABASE_URL = "postgres://localhost/proofs";
const key = "ab".repeat(32);

test("lists of relays and seeds are read, with names, IPv4 and IPv6", () => {
  const config = parseConfig(testSuiteConfig, {
    DATABASE_URL,
    RELAYS: "relay-0.relays:22024, 10.0.0.7:22024,[::1]:1,",
    PEER_SEEDS: `${key.toUpperCase()}@node.example:22020`,
    MINIMUM_VERSION: "2.11.0",
  });
  assert.deepEqual(config.RELAYS, [
    { host: "relay-0.relays", port: 22024 },
    { host: "10.0.0.7", port: 22024 },
    { host: "::1", port: 1 },
  ]);
  assert.deepEqual(config.PEER_SEEDS, [{ pubkey: key, host: "node.example", port: 22020 }]);
  assert.deepEqual(config.MINIMUM_VERSION, [2, 11, 0]);
});

test("without lists there are no relays and no seeds, and proofs keep the network's rhythm", () => {
  const config = parseConfig(testSuiteConfig, { DATABASE_URL });
  assert.deepEqual([config.RELAYS, config.PEER_SEEDS], [[], []]);
  assert.equal(config.PROOF_INTERVAL_MS, 60 * 60_000);
  assert.equal(config.PROOF_LIFETIME_MS, 125 * 60_000);
  assert.equal(config.ADDRESS_POLICY, "public");
});

test("entries that are no addresses, seeds or versions are all named at once", () => {
  const read = (): unknown =>
    parseConfig(testSuiteConfig, {
      DATABASE_URL,
      RELAYS: "relay:99999,relay",
      PEER_SEEDS: `${key}@host,host:1,${key.slice(2)}@host:1`,
      MINIMUM_VERSION: "2.11",
      ADDRESS_POLICY: "open",
    });
  assert.throws(read, (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    for (const name of ["RELAYS", "PEER_SEEDS", "MINIMUM_VERSION", "ADDRESS_POLICY"])
      assert.match(error.message, new RegExp(name));
    return true;
  });
});
