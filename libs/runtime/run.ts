import { setTimeout as setTimeoutPromise } from "node:timers/promises";
import { startAdminServer } from "./admin-server.ts";
import { type ConfigOf, type ConfigSchema, parseConfig } from "./config.ts";
import { endHeld } from "./end-held.ts";
import { failureLine } from "./failure-line.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { errorFields } from "./safe-fields.ts";
import { processConfig } from "./shared-config.ts";

/** Makes a service from its configuration; disposing it drains and ends it. */
export type CreateService<S extends ConfigSchema> = (config: ConfigOf<S>, runtime: Runtime) => Promise<AsyncDisposable>;

/** Why a process ends: asked by a signal, or because its service failed. */
type Ending = { readonly signal: string } | { readonly failure: unknown };

interface Stop extends Disposable {
  readonly signal: AbortSignal;
  readonly ending: Promise<Ending>;
  readonly fail: Runtime["fail"];
}

/**
 * The first SIGTERM or SIGINT begins the shutdown, the second ends the process at once. A failure begins it too, and ends
 * the process when its time is over.
 */
export function stopSignals(): Stop {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const end = (ending: Ending): void => {
    resolve(ending);
    controller.abort();
  };
  const listener = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    end({ signal });
  };
  process.on("SIGTERM", listener).on("SIGINT", listener);
  return {
    signal: controller.signal,
    ending: promise,
    fail: (failure, withinMs) => {
      end({ failure });
      if (withinMs <= 0) process.exit(1);
      setTimeout(() => process.exit(1), withinMs).unref();
    },
    [Symbol.dispose]: () => void process.off("SIGTERM", listener).off("SIGINT", listener),
  };
}

async function serve<S extends ConfigSchema>(
  name: string,
  config: ConfigOf<S> & ConfigOf<typeof processConfig>,
  create: CreateService<S>,
  stop: Stop,
): Promise<Logger> {
  const logger = createLogger({ service: name, level: config.LOG_LEVEL });
  const work = new AbortController();
  const runtime = createRuntime(name, { logger, signal: work.signal, fail: stop.fail });
  let started = false;
  stop.signal.addEventListener("abort", () => {
    runtime.health.stop();
    if (!started) work.abort();
  });
  runtime.metrics.collectProcess();
  await using stack = new AsyncDisposableStack();
  const admin = stack.use(await startAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT }, runtime));
  runtime.health.check("start", () => (started ? undefined : "starting"));
  stack.use(await create(config, runtime));
  started = true;
  logger.info("started", { admin_port: admin.port });
  const ending = await stop.ending;
  if ("failure" in ending) {
    logger.error("failed", errorFields(ending.failure));
    process.exitCode = 1; // whatever the disposal does
  } else {
    logger.info("stopping", { signal: ending.signal });
    // Not ready already; callers that have not heard of it yet are still served for this long.
    await setTimeoutPromise(config.DRAIN_MS);
  }
  work.abort();
  return logger;
}

/**
 * The life of a service process: read the environment, start the admin server, create the service, wait for SIGTERM or
 * SIGINT, say "not ready", serve on for DRAIN_MS, dispose everything in reverse order. Exit code 0 after a clean shutdown; a failed start prints
 * one line on standard error and ends with 1, as does a service that fails later. Nothing else in the project reads the environment.
 */
export async function run<S extends ConfigSchema>(name: string, schema: S, create: CreateService<S>): Promise<void> {
  using stop = stopSignals();
  try {
    const config = parseConfig({ ...processConfig, ...schema }, process.env);
    const logger = await serve(name, config as ConfigOf<S> & ConfigOf<typeof processConfig>, create, stop);
    logger.info("stopped");
    endHeld(logger);
  } catch (error) {
    const ending = stop.signal.aborted ? await stop.ending : undefined;
    const interrupted = ending !== undefined && (error as Error).name === "AbortError";
    if (interrupted && "failure" in ending) process.stderr.write(failureLine(name, "cannot start", ending.failure));
    else if (interrupted) return;
    else if (ending !== undefined) {
      createLogger({ service: name, level: "error" }).error("stop_failed", errorFields(error));
    } else process.stderr.write(failureLine(name, "cannot start", error));
    process.exit(1);
  }
}
