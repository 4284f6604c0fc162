import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { type GuardedProcess, startGuarded } from "./guarded-process.ts";
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
}

/** A local EVM chain. Disposing it ends the process in order and waits for it. */
export interface Anvil extends AsyncDisposable {
  /** JSON-RPC over HTTP: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  readonly chainId: number;
  /** Stops the process where it stands until `resume`: connections are taken and nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends the process at once, without writing the state file. */
  kill(): Promise<void>;
}

/**
 * Starts the `anvil` binary of the @foundry-rs/anvil package on loopback and waits until it answers. It ends with this
 * process, however that ends.
 * @throws Error when there is no binary for this platform or it does not answer within 20 s.
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const port = options.port ?? (await sparePort());
  const chainId = options.chainId ?? 31337;
  const server = await startGuarded(anvilBinary(), commandLine(options, port, chainId));
  const url = `http://127.0.0.1:${port}`;
  try {
    await answering(url, server);
  } catch (error) {
    await server.end("SIGKILL");
    throw error;
  }
  return {
    url,
    port,
    chainId,
    pause: () => void process.kill(server.pid, "SIGSTOP"),
    resume: () => void process.kill(server.pid, "SIGCONT"),
    kill: () => server.end("SIGKILL"),
    [Symbol.asyncDispose]: () => server.end("SIGTERM"),
  };
}

function commandLine(options: AnvilOptions, port: number, chainId: number): string[] {
  const line = ["--silent", "--host", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId)];
  line.push("--accounts", String(options.accounts ?? 10));
  if (options.blockTimeSeconds !== undefined) line.push("--block-time", String(options.blockTimeSeconds));
  if (options.stateFile !== undefined) line.push("--state", options.stateFile, "--state-interval", "5");
  return line;
}

function anvilBinary(): string {
  const fromAnvil = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return fromAnvil.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
}

async function answering(url: string, server: GuardedProcess): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (!server.running) throw new Error("anvil ended at its start; its port may be taken");
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      await delay(20); // not listening yet
    }
  }
  throw new Error("anvil did not answer within 20 s");
}
