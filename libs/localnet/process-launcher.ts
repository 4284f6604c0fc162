import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Launched, Launcher, Place } from "./launcher.ts";
import { LocalnetError } from "./localnet-error.ts";
import type { ServiceName } from "./options.ts";

const require = createRequire(import.meta.url);
const startMs = 30_000;

/** Runs every service as a process of its own, the way a container does: only its environment and its `main.ts`. */
export class ProcessLauncher implements Launcher {
  readonly #folder: string;
  readonly #running = new Set<Launched>();
  #count = 0;

  /** `folder` takes one log file a service. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async launch(service: ServiceName, place: Place, env: Record<string, string>): Promise<Launched> {
    const logFile = join(this.#folder, `${service}-${place.cluster}-${this.#count++}.log`);
    const log = openSync(logFile, "a");
    const main = require.resolve(`@swarmpost/${service}/main.ts`);
    // The pipe on standard input closes when this process dies, however it dies; the guard then ends the service.
    const guard = '"$@" </dev/null & pid=$!; { cat >/dev/null; kill $pid; } <&3 2>/dev/null & wait $pid';
    const child = spawn("sh", ["-c", `exec 3<&0; ${guard}`, "service", process.execPath, main], {
      cwd: dirname(main),
      stdio: ["pipe", log, log],
      // The services share most of their code: what one has compiled the next need not.
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(this.#folder, "compile-cache"), ...env },
      detached: true,
    });
    closeSync(log);
    child.stdin?.on("error", () => undefined); // closed by an exit that is reported as such
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const exited = once(child, "exit");
      process.kill(-child.pid, signal);
      await exited;
    };
    const adminUrl = `http://${env.ADMIN_HOST}:${env.ADMIN_PORT}`;
    const launched: Launched = {
      kill: () => end("SIGKILL"),
      metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
      [Symbol.asyncDispose]: () => end("SIGTERM"),
    };
    this.#running.add(launched);
    await alive(adminUrl, () => child.exitCode !== null, service, logFile);
    return launched;
  }

  isolate(): void {
    throw new LocalnetError("options", "cutting nodes off needs the one-process network");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((launched) => launched[Symbol.asyncDispose]()));
  }
}

async function alive(url: string, ended: () => boolean, service: ServiceName, logFile: string): Promise<void> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    if (ended()) throw new LocalnetError("service", `${service} did not start: ${lastLine(logFile)}`);
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
  throw new LocalnetError("timeout", `${service} did not answer on ${url} within ${startMs / 1000} s`);
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
}
