import { openSync, closeSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type GuardedProcess, startGuarded } from "@swarmpost/testkit";
import type { Launched, Launcher, Place } from "./launcher.ts";
import { LocalnetError } from "./localnet-error.ts";
import type { ServiceName } from "./options.ts";

const require = createRequire(import.meta.url);
const startMs = 120_000;

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
    const child = await this.#spawn(service, logFile, env);
    const adminUrl = `http://${env.ADMIN_HOST}:${env.ADMIN_PORT}`;
    const launched: Launched = {
      kill: () => child.end("SIGKILL"),
      metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
      [Symbol.asyncDispose]: () => child.end("SIGTERM"),
    };
    this.#running.add(launched);
    await alive(adminUrl, () => !child.running, service, logFile);
    return launched;
  }

  async #spawn(service: ServiceName, logFile: string, env: Record<string, string>): Promise<GuardedProcess> {
    const main = require.resolve(`@swarmpost/${service}/main.ts`);
    const log = openSync(logFile, "a");
    try {
      const where = { cwd: dirname(main), env: { PATH: process.env.PATH, ...env }, log };
      return await startGuarded(process.execPath, [main], where);
    } finally {
      closeSync(log);
    }
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
