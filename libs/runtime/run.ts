import { startAdminServer } from "./admin-server.ts";
import { type ConfigOf, type ConfigSchema, parseConfig } from "./config.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { errorFields } from "./safe-fields.ts";
import { processConfig } from "./shared-config.ts";

/** Makes a service from its configuration; disposing it drains and ends it. */
export type CreateService<S extends ConfigSchema> = (config: ConfigOf<S>, runtime: Runtime) => Promise<AsyncDisposable>;

/** The wish to end, of the operating system. */
export interface StopSignals extends Disposable {
  readonly signal: AbortSignal;
  readonly received: Promise<string>;
}

/** The first SIGTERM or SIGINT begins the shutdown, the second ends the process at once. */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    resolve(name);
  };
  process.on("SIGTERM", listener).on("SIGINT", listener);
  return {
    signal: controller.signal,
    received: promise,
    [Symbol.dispose]: () => void process.off("SIGTERM", listener).off("SIGINT", listener),
  };
}

async function serve<S extends ConfigSchema>(
  name: string,
  config: ConfigOf<S> & ConfigOf<typeof processConfig>,
  create: CreateService<S>,
  stop: StopSignals,
): Promise<Logger> {
  const logger = createLogger({ service: name, level: config.LOG_LEVEL });
  const runtime = createRuntime(name, { logger, signal: stop.signal });
  stop.signal.addEventListener("abort", () => runtime.health.stop());
  runtime.metrics.collectProcess();
  await using stack = new AsyncDisposableStack();
  const admin = stack.use(await startAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT }, runtime));
  let started = false;
  runtime.health.check("start", () => (started ? undefined : "starting"));
  stack.use(await create(config, runtime));
  started = true;
  logger.info("started", { admin_port: admin.port });
  const signal = await stop.received;
  logger.info("stopping", { signal });
  return logger;
}

/** One line about what went wrong. The process is an operator's own, so the message is shown, without stack or newlines. */
export function startFailure(name: string, what: string, error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return `${name}: ${what}: ${text.replace(/\s*\n\s*/g, " ")}\n`;
}

/**
 * The life of a service process: read the environment, start the admin server, create the service, wait for SIGTERM or
 * SIGINT, say "not ready", dispose everything in reverse order. Exit code 0 after a clean shutdown; a failed start prints
 * one line on standard error and ends with 1. Nothing else in the project reads the environment.
 */
export async function run<S extends ConfigSchema>(name: string, schema: S, create: CreateService<S>): Promise<void> {
  using stop = stopSignals();
  try {
    const config = parseConfig({ ...processConfig, ...schema }, process.env);
    const logger = await serve(name, config as ConfigOf<S> & ConfigOf<typeof processConfig>, create, stop);
    logger.info("stopped");
  } catch (error) {
    if (stop.signal.aborted && (error as Error).name === "AbortError") return;
    if (stop.signal.aborted) {
      createLogger({ service: name, level: "error" }).error("stop_failed", errorFields(error));
    } else process.stderr.write(startFailure(name, "cannot start", error));
    process.exit(1);
  }
}
