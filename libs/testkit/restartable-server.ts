import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { TestkitError } from "./errors.ts";
import { type GuardedOptions, type GuardedProcess, sendSignal, startGuarded } from "./guarded-process.ts";
import { sparePort } from "./spare-port.ts";

/** What all test servers can do. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly running: boolean;
  /** Ends the server in an orderly way; its data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Stops it where it stands (SIGSTOP) until `resume`: connections are taken and nothing answers. */
  pause(): void;
  resume(): void;
}

/** How a server program is run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: GuardedOptions;
  /** How it is asked to end in an orderly way. */
  readonly stopSignal: NodeJS.Signals;
}

/** Runs the program on the given port, or on spare ports until one works. */
export async function restartableServer(
  port: number | undefined,
  program: (port: number) => Program,
): Promise<TestServer> {
  for (let attempt = 1; ; attempt++) {
    const chosen = port ?? (await sparePort());
    const server = onPort(chosen, program(chosen));
    try {
      await server.start();
      return server;
    } catch (error) {
      const inUse = error instanceof TestkitError && /address (already )?in use/i.test(error.message);
      if (!inUse || port !== undefined || attempt === 5) throw error;
    }
  }
}

/** After a crash, processes that the server had made may take a moment to notice: Postgres refuses to start until they are gone. */
async function startPatiently(program: Program): Promise<GuardedProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startGuarded(program.command, program.args, program.options);
    } catch (error) {
      const occupied = error instanceof TestkitError && /shared memory block.*still in use/s.test(error.message);
      if (!occupied || attempt === 50) throw error;
      await delay(100);
    }
  }
}

/** The processes that a server has made, such as one for each connection of Postgres. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it ended just now, or this is no Linux
  }
}

function onPort(port: number, program: Program): TestServer {
  let current: GuardedProcess | undefined;
  const send = (signal: NodeJS.Signals) => {
    if (current?.running === true) for (const pid of [current.pid, ...childrenOf(current.pid)]) sendSignal(pid, signal);
  };
  return {
    port,
    get running() {
      return current?.running === true;
    },
    async start() {
      if (current?.running !== true) current = await startPatiently(program);
    },
    async stop() {
      await current?.end(program.stopSignal);
    },
    async kill() {
      await current?.end("SIGKILL");
    },
    pause: () => send("SIGSTOP"),
    resume: () => send("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await current?.end(program.options.orphanSignal ?? "SIGTERM");
    },
  };
}
