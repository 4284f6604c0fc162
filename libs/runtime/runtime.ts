import { type Clock, systemClock } from "./clock.ts";
import { Health } from "./health.ts";
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
}

/** Makes a runtime with metrics and health of its own; several may live in one process. */
export function createRuntime(
  service: string,
  parts: { logger?: Logger; signal?: AbortSignal; clock?: Clock } = {},
): Runtime {
  return {
    service,
    logger: parts.logger ?? createLogger({ service, level: "info" }),
    metrics: new Metrics(),
    health: new Health(),
    clock: parts.clock ?? systemClock,
    signal: parts.signal ?? new AbortController().signal,
  };
}
