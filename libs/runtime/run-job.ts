import { type ConfigOf, type ConfigSchema, parseConfig } from "./config.ts";
import { endHeld } from "./end-held.ts";
import { ConfigError } from "./errors.ts";
import { failureLine } from "./failure-line.ts";
import { createLogger, type Logger } from "./logger.ts";
import { processConfig } from "./shared-config.ts";

/** What a job works with. */
export interface JobRuntime {
  readonly logger: Logger;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Writes a line for the operator on standard output: what a job has to say is its result, not its log. */
  readonly print: (line: string) => void;
}

/** A program that runs once; it rejects when it failed. */
export type Job<S extends ConfigSchema> = (config: ConfigOf<S>, runtime: JobRuntime) => Promise<void>;

const { LOG_LEVEL, SETTINGS_FILE } = processConfig;
/** Rows that `runJob` adds to every job's table and reads itself. */
export const jobConfig = { LOG_LEVEL, SETTINGS_FILE } as const;

/** Aborted by the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGTERM", listener).on("SIGINT", listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off("SIGTERM", listener).off("SIGINT", listener),
  };
}

/** Exit code of a job that failed and may succeed when it is run again. */
const FAILED = 1;
/** Exit code of a job that fails again until somebody changes something: Kubernetes is told not to retry it. */
const REFUSED = 2;

/** What an error says of itself: `lasting` when trying again can't help. */
function isLasting(error: unknown): boolean {
  return error instanceof ConfigError || (error instanceof Error && "lasting" in error && error.lasting === true);
}

/**
 * The life of a job's process: read the settings, run it, end. Exit code 0 when it succeeded; a failure prints one line on
 * standard error and ends with 1, or with 2 when the settings are wrong or the error has a true member `lasting`: trying
 * again can't help. SIGTERM and SIGINT abort it.
 */
export async function runJob<S extends ConfigSchema>(name: string, schema: S, job: Job<S>): Promise<void> {
  using stop = stopSignal();
  try {
    const config = parseConfig({ ...jobConfig, ...schema }, process.env) as ConfigOf<S> & ConfigOf<typeof jobConfig>;
    const logger = createLogger({ service: name, level: config.LOG_LEVEL });
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    await job(config, { logger, signal: stop.signal, print });
    endHeld(logger);
  } catch (error) {
    process.stderr.write(failureLine(name, "failed", error));
    process.exit(isLasting(error) ? REFUSED : FAILED);
  }
}
