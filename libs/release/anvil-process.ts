import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { backoff, sleep } from "@swarmpost/runtime";
import { ReleaseError } from "./errors.ts";
import { callChain } from "./json-rpc.ts";

/** How the chain's program runs. */
export interface AnvilOptions {
  readonly program: string;
  readonly host: string;
  readonly port: number;
  readonly chainId: number;
  /** File of a state to begin with. */
  readonly stateFile: string | undefined;
}

/** States of past blocks that can be asked for. More would go to a cache on disk, and the file system is read-only. */
const KEPT_STATES = 64;
/**
 * Time of the first block, seconds. When anvil loads a chain it also keeps the first block that it began with itself, and may
 * show either: so both must be the same. (2026-01-01)
 */
const GENESIS_SECONDS = 1_767_225_600;
const ASK = { minMs: 20, maxMs: 250 } as const;

/** A running anvil that makes no block by itself; disposing it ends it. Its chain is only in memory: keep it before. */
export class AnvilProcess implements AsyncDisposable {
  /** JSON-RPC on loopback. */
  readonly url: string;
  /** Settles when the process ends, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #running = true;

  private constructor(options: AnvilOptions) {
    this.url = `http://127.0.0.1:${options.port}`;
    const line = ["--silent", "--host", options.host, "--port", String(options.port)];
    line.push(
      "--chain-id",
      String(options.chainId),
      "--no-mining",
      "--prune-history",
      String(KEPT_STATES),
      "--timestamp",
      String(GENESIS_SECONDS),
    );
    if (options.stateFile !== undefined) line.push("--load-state", options.stateFile);
    this.#child = spawn(options.program, line, { stdio: ["ignore", "ignore", "inherit"] });
    this.ended = once(this.#child, "exit").then(
      () => void (this.#running = false),
      (cause: Error) => {
        this.#running = false;
        throw new ReleaseError("chain", `the program ${options.program} can't be started: ${cause.message}`, { cause });
      },
    );
    this.ended.catch(() => undefined); // told to whoever waits for it
  }

  /**
   * Starts it and waits until it answers.
   * @throws ReleaseError `chain` when it can't be started or ends; AbortError
   */
  static async start(options: AnvilOptions, signal: AbortSignal): Promise<AnvilProcess> {
    if (await answers(`http://127.0.0.1:${options.port}`)) {
      throw new ReleaseError("chain", `another chain answers at port ${options.port}`);
    }
    await using starting = new AsyncDisposableStack();
    const anvil = starting.use(new AnvilProcess(options));
    for (let attempt = 1; !(await answers(anvil.url)); attempt++) {
      if (!anvil.running) await anvil.#explain();
      await sleep(backoff(attempt, ASK), signal);
    }
    await callChain(anvil.url, "evm_setTime", [Math.floor(Date.now() / 1000)]);
    starting.move();
    return anvil;
  }

  get running(): boolean {
    return this.#running;
  }

  async #explain(): Promise<never> {
    await this.ended;
    throw new ReleaseError("chain", "anvil ended as it started: is its port taken, or its state damaged?");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended.catch(() => undefined);
  }
}

async function answers(url: string): Promise<boolean> {
  return await callChain(url, "eth_chainId").then(
    () => true,
    () => false,
  );
}
