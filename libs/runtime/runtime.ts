import { type Clock, systemClock } from "./clock.ts";
import { Health } from "./health.ts";
import { watchReadiness } from "./health-gauges.ts";
import { createLogger, type Logger } from "./logger.ts";
import { Metrics } from "./metrics.ts";

/** What every service is given besides its configuration. */
export interface Runtime {
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly clock: Clock;
  /** Aborted when the process begins to shut down. */
  readonly signal: AbortSignal;
  /**
   * Ends the process with an error exit, for what leaves a service without a reason to go on after its start. Everything is
   * disposed as at a shutdown, but the process ends after `withinMs` milliseconds whatever that takes.
   */
  readonly fail: (error: unknown, withinMs: number) => void;
}

/** Makes a runtime with metrics and health of its own; several may live in one process. */
export function createRuntime(
  service: string,
  parts: { logger?: Logger; signal?: AbortSignal; clock?: Clock; fail?: Runtime["fail"] } = {},
): Runtime {
  const [metrics, health] = [new Metrics(), new Health()];
  watchReadiness(service, { metrics, health });
  return {
    service,
    logger: parts.logger ?? createLogger({ service, level: "info" }),
    metrics,
    health,
    clock: parts.clock ?? systemClock,
    signal: parts.signal ?? new AbortController().signal,
    fail: parts.fail ?? uncaught,
  };
}

/** Where no process is run by `run`, a failure is an exception that nobody caught. */
function uncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
