export { type AdminServer, startAdminServer } from "./admin-server.ts";
export { Batcher, type BatcherOptions } from "./batcher.ts";
export { type Clock, ManualClock, systemClock } from "./clock.ts";
export { type ClusterTls, clusterTlsConfig, readClusterTls } from "./cluster-tls.ts";
export {
  type ConfigEntry,
  type ConfigOf,
  type ConfigSchema,
  configTypes,
  defineConfig,
  parseConfig,
} from "./config.ts";
export { renderConfigDoc } from "./config-doc.ts";
export { assertNever, ConfigError, RuntimeError, type RuntimeErrorCode } from "./errors.ts";
export { Health, type HealthCheck } from "./health.ts";
export { createLogger, type LogDestination, type Logger, type LogLevel, silentLogger } from "./logger.ts";
export {
  COUNTS,
  type Counter,
  type Gauge,
  type Histogram,
  type LabelSets,
  type LabelsOf,
  LATENCY_SECONDS,
  Metrics,
  SIZE_BYTES,
} from "./metrics.ts";
export { REQUEST_ID_BYTES, RequestLog, RequestLogs } from "./request-log.ts";
export { type BackoffOptions, backoff, retryForever, sleep } from "./retry.ts";
export { type CreateService, run } from "./run.ts";
export { type Job, jobConfig, type JobRuntime, runJob } from "./run-job.ts";
export { createRuntime, type Runtime } from "./runtime.ts";
export { errorFields, type SafeFields, type SafeKey, type SafeValue, safeKeys, scrub } from "./safe-fields.ts";
export { type BusConfig, busConfig, nodeConfig, processConfig, serverConfig, sharedConfig } from "./shared-config.ts";
export { WakeableLoop } from "./wakeable-loop.ts";
