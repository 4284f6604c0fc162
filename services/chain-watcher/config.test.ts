import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, parseConfig } from "@swarmpost/runtime";
import { chainWatcherConfig } from "./config.ts";

const enough = {
  DATABASE_URL: "postgres://127.0.0.1/chain",
  CHAIN_RPC_URLS: "http://127.0.0.1:8545, https://rpc.example/key",
  CHAIN_CONTRACT: "0xE7F1725E7734CE288F8367E1BB143E90BB3F0512",
};

test("endpoints are a list, and the contract may be written in any case", () => {
  const config = parseConfig(chainWatcherConfig, enough);
  assert.deepEqual(config.CHAIN_RPC_URLS, ["http://127.0.0.1:8545", "https://rpc.example/key"]);
  assert.equal(config.CHAIN_CONTRACT, "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512");
  assert.equal(config.CHAIN_POLL_MS, 1_000);
});

test("a bad endpoint and a bad contract are told at once", () => {
  const bad = { ...enough, CHAIN_RPC_URLS: "ws://127.0.0.1:8545", CHAIN_CONTRACT: "0x12" };
  assert.throws(
    () => parseConfig(chainWatcherConfig, bad),
    (error) => error instanceof ConfigError && error.problems.length === 2,
  );
});
