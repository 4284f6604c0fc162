import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Anvil, startAnvil } from "./anvil.ts";
import { eventually } from "./eventually.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function ask(anvil: Anvil, method: string, ...params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  const response = await fetch(anvil.url, { method: "POST", headers, body, signal: AbortSignal.timeout(2_000) });
  return ((await response.json()) as { result: unknown }).result;
}

test("a chain makes blocks in time, has the asked chain id and takes a pause", async () => {
  await using anvil = await startAnvil({ blockTimeSeconds: 1, chainId: 4242 });
  assert.equal(await ask(anvil, "eth_chainId"), "0x1092");
  await eventually(async () => Number(await ask(anvil, "eth_blockNumber")) >= 1);
  anvil.pause();
  // A question that comes in the moment of the pause may still be answered.
  const silent = (error: unknown): boolean => (error as Error).name === "TimeoutError";
  await eventually(() => ask(anvil, "eth_blockNumber").then(() => false, silent));
  anvil.resume();
  assert.equal(await ask(anvil, "eth_chainId"), "0x1092");
});

test("a new chain can have a past", async () => {
  await using anvil = await startAnvil({ pastBlocks: 40 });
  assert.equal(await ask(anvil, "eth_blockNumber"), "0x28");
});

test("a chain with a state file goes on where it stopped, and one without begins anew", async () => {
  await using folder = await temporaryFolder();
  await using kept = await startAnvil({ stateFile: join(folder.path, "chain.json") });
  await using lost = await startAnvil();
  for (const anvil of [kept, lost]) await ask(anvil, "anvil_mine", "0x5");
  const genesis = async () => (await ask(kept, "eth_getBlockByNumber", "0x0", false)) as { hash: string };
  const { hash } = await genesis();
  for (const anvil of [kept, lost]) {
    await anvil.stop();
    assert.ok(!anvil.running);
    await anvil.start();
  }
  assert.equal(await ask(kept, "eth_blockNumber"), "0x5");
  assert.equal((await genesis()).hash, hash);
  assert.equal(await ask(lost, "eth_blockNumber"), "0x0");
});

test("a port that is taken is said at once, and nothing stays behind", async () => {
  await using anvil = await startAnvil();
  const attempt = startAnvil({ port: anvil.port });
  await assert.rejects(attempt, (error) => (error as { code?: string }).code === "start-failed");
  assert.equal(await ask(anvil, "eth_chainId"), "0x7a69");
});
