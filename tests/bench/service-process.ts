import { join } from "node:path";
import { type ServiceOptions, serviceEnvironment } from "./options.ts";
import { eventually, sparePort, startGuarded } from "@swarmpost/testkit";

/** A service that runs as a process of its own, as in a container. */
export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number;
}

/**
 * Starts `services/<name>/main.ts` with nothing but these settings and those of the command line and waits until it is ready. Ends with this process.
 * @throws TestkitError with the end of its log when it does not start, AssertionError with its reasons when it does not get ready.
 */
export async function startService(
  name: string,
  needed: Readonly<Record<string, string>>,
  options: ServiceOptions,
): Promise<ServiceProcess> {
  const adminPort = await sparePort();
  const folder = join(import.meta.dirname, "../../services", name);
  const own = { PATH: process.env.PATH ?? "", LOG_LEVEL: "info", ADMIN_PORT: String(adminPort), ...needed };
  const running = await startGuarded(process.execPath, [join(folder, "main.ts")], {
    cwd: folder,
    env: serviceEnvironment(name, own, options),
    readyText: '"started"',
  });
  const service = { pid: running.pid, [Symbol.asyncDispose]: () => running.end("SIGTERM") };
  try {
    await untilReady(name, adminPort);
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

function untilReady(name: string, adminPort: number): Promise<void> {
  return eventually(
    async () => {
      const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
      if (!response.ok) throw new Error(`${name} is not ready: ${(await response.text()).trim()}`);
    },
    { timeoutMs: 30_000 },
  );
}
