import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ReleaseError } from "./errors.ts";

/** How the chain runs. */
export interface AnvilOptions {
  readonly program: string;
  readonly host: string;
  readonly port: number;
  readonly blockSeconds: number;
  /** File of a state to begin with. */
  readonly stateFile: string | undefined;
}

/** A running anvil; disposing it ends it. Its state is only in memory: read it before. */
export class AnvilProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Settles when the process ends, whoever ended it. */
  readonly ended: Promise<void>;

  constructor(options: AnvilOptions) {
    const line = ["--silent", "--host", options.host, "--port", String(options.port)];
    line.push("--block-time", String(options.blockSeconds), "--mixed-mining");
    if (options.stateFile !== undefined) line.push("--load-state", options.stateFile);
    this.#child = spawn(options.program, line, { stdio: ["ignore", "ignore", "inherit"] });
    this.ended = once(this.#child, "exit").then(
      () => undefined,
      (cause: unknown) => {
        throw new ReleaseError("chain", "anvil can't be started", { cause });
      },
    );
    this.ended.catch(() => undefined); // told to whoever waits for it
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended.catch(() => undefined);
  }
}
