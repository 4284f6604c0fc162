import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig, silentLogger } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { relayConfig } from "./config.ts";
import { addressFinder, PublicAddress } from "./public-address.ts";

const runtime = { logger: silentLogger };
const configOf = (env: Record<string, string>) => parseConfig(relayConfig, { NODE_SEED: "1f".repeat(32), ...env });

test("an address or a name is published as IPv4", async () => {
  for (const env of [{ PUBLIC_IP: "127.0.0.1" }, { PUBLIC_HOST: "localhost" }]) {
    await using address = await PublicAddress.open(await addressFinder(configOf(env)), runtime);
    assert.equal(address.ip, "127.0.0.1");
    assert.equal(address.reason(), undefined);
  }
});

test("none and two ways to tell the address are refused", async () => {
  await assert.rejects(addressFinder(configOf({})), { code: "bad-config" });
  const both = configOf({ PUBLIC_IP: "127.0.0.1", PUBLIC_HOST: "localhost" });
  await assert.rejects(addressFinder(both), { code: "bad-config" });
});

test("an address that is not there at the start is looked for until it is, and a bad answer does not take it away", async () => {
  const answers = [
    async () => Promise.reject(new Error("no such name")),
    async () => undefined,
    async () => "10.1.2.3",
  ];
  await using address = await PublicAddress.open(async () => (answers.shift() ?? (async () => "::1"))(), runtime);
  assert.equal(address.reason(), "not known yet");
  await eventually(() => assert.equal(address.ip, "10.1.2.3"));
});
