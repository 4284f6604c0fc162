import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { startTestChain } from "@swarmpost/staking/test-chain.ts";
import { eventually, sparePort } from "@swarmpost/testkit";
import { startServers } from "./testing/watcher-fixture.ts";

const main = join(import.meta.dirname, "main.ts");

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.error += text));
  return { child, said, exit: once(child, "exit") };
}

test("as a process it becomes ready, shows its metrics and ends in order", async () => {
  await using servers = await startServers();
  await using chain = await startTestChain();
  const adminPort = await sparePort();
  const { child, said, exit } = start({
    DATABASE_URL: await servers.database(),
    BUS_URL: servers.nats.url,
    CHAIN_RPC_URLS: chain.anvil.url,
    CHAIN_CONTRACT: chain.target.contract,
    ADMIN_PORT: String(adminPort),
  });
  const admin = (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`);
  await eventually(async () => (await admin("/readyz")).status === 200, { timeoutMs: 30_000 });
  assert.match(await (await admin("/metrics")).text(), /^swarmpost_chain_watcher_final_height [1-9]/m);
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null], said.error);
  assert.doesNotMatch(said.out, new RegExp(chain.target.contract, "i"), "no log line holds an address");
});

test("without its settings it ends with one line that names them all", async () => {
  const { said, exit } = start({});
  assert.deepEqual(await exit, [1, null]);
  assert.match(said.error, /^chain-watcher: cannot start: .*DATABASE_URL.*CHAIN_RPC_URLS.*CHAIN_CONTRACT.*\n$/);
});
