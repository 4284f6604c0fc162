import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { TestkitError } from "./errors.ts";
import { restartableServer, type TestServer } from "./restartable-server.ts";
import { sparePort } from "./spare-port.ts";

/** How the chain of `startAnvil` is made. */
export interface AnvilOptions {
  /** Seconds between blocks. Without it every transaction makes a block at once, and nothing else does. */
  readonly blockTimeSeconds?: number;
  /** File that keeps the chain: read at the start when it exists, written at an orderly end and every few seconds. */
  readonly stateFile?: string;
  /** EIP-155 chain id; 31337 by default. */
  readonly chainId?: number;
  /** Port on loopback; a spare one by default. */
  readonly port?: number;
  /** Funded development accounts, 10 by default. */
  readonly accounts?: number;
  /** Empty blocks that a new chain is given before anything else, 0 by default. */
  readonly pastBlocks?: number;
}

/** A local EVM chain. A `stop` or the disposal writes the state file; `kill` does not. */
export interface Anvil extends TestServer {
  /** JSON-RPC over HTTP: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly chainId: number;
}

/**
 * Starts the `anvil` binary of the @foundry-rs/anvil package on loopback and waits until it answers. It ends with this
 * process, however that ends.
 * @throws TestkitError `missing-program` when there is no binary for this platform, `start-failed`, `timeout`.
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await anvilOn(options.port ?? (await sparePort()), options);
    } catch (error) {
      const taken = error instanceof TestkitError && error.code === "start-failed";
      if (!taken || options.port !== undefined || attempt === 5) throw error; // a spare port may be taken meanwhile
    }
  }
}

async function anvilOn(port: number, options: AnvilOptions): Promise<Anvil> {
  const chainId = options.chainId ?? 31337;
  const url = `http://127.0.0.1:${port}`;
  await requireFree(port);
  const server = await restartableServer(port, () => ({
    command: anvilProgram(),
    args: commandLine(options, port, chainId),
    options: {},
    stopSignal: "SIGTERM",
  }));
  const startAgain = server.start;
  const start = async (): Promise<void> => {
    if (server.running) return;
    await requireFree(port);
    await startAgain();
    await answering(url, server);
  };
  try {
    await answering(url, server);
    if (options.pastBlocks !== undefined) await mine(url, options.pastBlocks);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return Object.assign(server, { url, chainId, start });
}

function commandLine(options: AnvilOptions, port: number, chainId: number): string[] {
  const line = ["--silent", "--host", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId)];
  line.push("--accounts", String(options.accounts ?? 10));
  if (options.blockTimeSeconds !== undefined) line.push("--block-time", String(options.blockTimeSeconds));
  if (options.stateFile !== undefined) line.push("--state", options.stateFile, "--state-interval", "5");
  return line;
}

/** Path of the anvil program of this platform. @throws TestkitError `missing-program` */
export function anvilProgram(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  try {
    const fromAnvil = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
    return fromAnvil.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
  } catch (cause) {
    const text = `no anvil for ${process.platform} on ${process.arch}: install the optional dependencies`;
    throw new TestkitError("missing-program", text, { cause });
  }
}

/** Or another chain at that port would be taken for the new one. */
async function requireFree(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch (cause) {
    throw new TestkitError("start-failed", `port ${port} is taken`, { cause });
  }
  probe.close();
  await once(probe, "close");
}

async function mine(url: string, blocks: number): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_mine", params: [`0x${blocks.toString(16)}`] });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!(await response.text()).includes('"result"')) throw new TestkitError("start-failed", "anvil mines no blocks");
}

async function answering(url: string, server: TestServer): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (!server.running) throw new TestkitError("start-failed", "anvil ended at its start: is its port taken?");
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      await delay(20); // not listening yet
    }
  }
  throw new TestkitError("timeout", "anvil did not answer within 20 s");
}
