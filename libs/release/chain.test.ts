import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { accountAddress, developmentKey, readStakedNodes, readStakingFacts, registerNodes } from "@swarmpost/staking";
import { anvilProgram, eventually, sparePort, type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { developmentContract } from "./development-contract.ts";
import { callChain } from "./json-rpc.ts";

const source = `
  import { run } from "@swarmpost/runtime";
  import { chainConfig, createChain } from "./index.ts";
  await run("chain", chainConfig, createChain);
`;

/** The program `chain` as a process of its own, in a process group that a SIGKILL ends whole, as a container's end does. */
interface ChainProcess {
  readonly url: string;
  readonly admin: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  end(signal: NodeJS.Signals): Promise<unknown>;
}

const patience = { timeoutMs: 60_000 };

let folder: TemporaryFolder;
let port: number;
const running = new Set<ChainProcess>();

before(async () => {
  folder = await temporaryFolder();
  port = await sparePort();
});
after(async () => {
  for (const { child } of running) if (child.exitCode === null && child.signalCode === null) endGroup(child);
  await folder[Symbol.asyncDispose]();
});

function endGroup(child: ChildProcess): void {
  process.kill(-child.pid!, "SIGKILL");
}

function spawnChain(env: Record<string, string> = {}, adminPort = 0): ChainProcess {
  const settings = {
    CHAIN_PORT: String(port),
    CHAIN_STATE_DIR: folder.path,
    CHAIN_BLOCK_MS: "200",
    ANVIL: anvilProgram(),
    ADMIN_PORT: String(adminPort),
    PATH: process.env.PATH ?? "",
  };
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    cwd: import.meta.dirname,
    env: { ...settings, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
  const chain: ChainProcess = {
    url: `http://127.0.0.1:${port}`,
    admin: `http://127.0.0.1:${adminPort}`,
    child,
    output: () => output,
    end: async (signal) => {
      const exited = once(child, "exit");
      if (signal === "SIGKILL") endGroup(child);
      else child.kill(signal);
      return (await exited)[0];
    },
  };
  running.add(chain);
  return chain;
}

async function startChain(env: Record<string, string> = {}): Promise<ChainProcess> {
  const chain = spawnChain(env, await sparePort());
  await eventually(async () => assert.equal((await fetch(`${chain.admin}/readyz`)).status, 200), patience);
  return chain;
}

async function headOf(url: string): Promise<number> {
  return Number(await callChain<string>(url, "eth_blockNumber"));
}

/** Heights and hashes, from a height on, of the blocks that others may act on: those that another one follows. */
async function finalBlocks(url: string, from = 0): Promise<Map<number, string>> {
  const head = await headOf(url);
  const blocks = new Map<number, string>();
  for (let height = from; height < head; height++) blocks.set(height, (await hashAt(url, height)) ?? "none");
  return blocks;
}

async function hashAt(url: string, height: number): Promise<string | undefined> {
  const at = `0x${height.toString(16)}`;
  return (await callChain<{ hash: string } | null>(url, "eth_getBlockByNumber", [at, false]))?.hash;
}

async function stake(rpcUrl: string, count: number): Promise<void> {
  const nodes = Array.from({ length: count }, () => nodeKeysFromSeed(generateSeed()));
  const accounts = { operatorKey: developmentKey(1), minterKey: developmentKey(0) };
  await registerNodes({ rpcUrl, contract: developmentContract, ...accounts, nodes });
}

/** Sends transactions without waiting for their blocks; those that the chain's end meets are lost. */
async function send(url: string, count: number): Promise<void> {
  const from = accountAddress(developmentKey(0));
  const value = { from, to: from, value: "0x1" };
  const sent = Array.from({ length: count }, () => callChain(url, "eth_sendTransaction", [value]));
  await Promise.allSettled(sent);
}

/** Everything that counted before is there, unchanged, and the chain goes on. */
async function goesOn(url: string, earlier: ReadonlyMap<number, string>): Promise<void> {
  for (const [height, hash] of earlier) assert.equal(await hashAt(url, height), hash, `block ${height}`);
  await eventually(async () => {
    await send(url, 1);
    assert.ok((await headOf(url)) > Math.max(...earlier.keys()) + 1);
  }, patience);
}

test("a new chain has the contract in its place, with the parameters of the settings", async () => {
  const chain = await startChain({ CHAIN_UNLOCK_DELAY_BLOCKS: "7", CHAIN_FINALITY_BLOCKS: "2" });
  const facts = await readStakingFacts({ rpcUrl: chain.url, contract: developmentContract });
  assert.deepEqual([facts.chainId, facts.unlockDelayBlocks, facts.finalityBlocks], [31_337, 7, 2]);
  await stake(chain.url, 3);
  await chain.end("SIGTERM");
});

test("after SIGTERM the same chain goes on: blocks, stakes, contract", async () => {
  const first = await startChain();
  await stake(first.url, 2);
  const before = await finalBlocks(first.url);
  assert.equal(await first.end("SIGTERM"), 0);
  const second = await startChain();
  await goesOn(second.url, before);
  assert.equal((await readStakedNodes({ rpcUrl: second.url, contract: developmentContract })).length, 5);
  await second.end("SIGTERM");
});

test("after SIGKILL at any moment no block is lost or replaced that another one followed", async () => {
  for (const waitMs of [0, 60, 130, 210]) {
    const chain = await startChain({ CHAIN_BLOCK_MS: "100" });
    const kept = await headOf(chain.url);
    let seen = new Map<number, string>();
    // Blocks of this very run, else there is nothing that its end could lose.
    await eventually(async () => {
      await send(chain.url, 1);
      seen = await finalBlocks(chain.url, kept);
      assert.ok(seen.size >= 3);
    }, patience);
    const sending = send(chain.url, 5);
    const until = Date.now() + waitMs;
    while (Date.now() < until) seen = await finalBlocks(chain.url, kept);
    await chain.end("SIGKILL");
    await sending;
    const again = await startChain({ CHAIN_BLOCK_MS: "100" });
    await goesOn(again.url, seen);
    await again.end("SIGTERM");
  }
});

test("when anvil alone ends it is started again with the same chain", async () => {
  const chain = await startChain();
  const before = await finalBlocks(chain.url);
  const children = await once(spawn("pkill", ["-KILL", "-P", String(chain.child.pid)]), "exit");
  assert.equal(children[0], 0, "the fault bit");
  await eventually(() => assert.match(chain.output(), /chain_ended/));
  await eventually(async () => assert.equal((await fetch(`${chain.admin}/readyz`)).status, 200), patience);
  await goesOn(chain.url, before);
  assert.equal(await chain.end("SIGTERM"), 0);
});

test("a program that can't be started is one line", async () => {
  const failed = spawnChain({ ANVIL: join(folder.path, "none") });
  await once(failed.child, "close");
  assert.equal(failed.child.exitCode, 1);
  assert.match(failed.output(), /^chain: cannot start: the program .* can't be started: .*\n$/);
});

test("a chain does not take another one at its port for its own", async () => {
  const chain = await startChain();
  const second = spawnChain();
  await once(second.child, "close");
  assert.match(second.output(), /^chain: cannot start: another chain answers at port \d+\n$/);
  await chain.end("SIGTERM");
});
