import pino from "pino";
import { type SafeFields, safeOnly } from "./safe-fields.ts";

/** How much is logged; `silent` is for tests and for the one-process network. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Log lines know no one: an event name (`snake_case`, constant) and declared safe fields, nothing else. */
export interface Logger {
  debug(event: string, fields?: SafeFields): void;
  info(event: string, fields?: SafeFields): void;
  warn(event: string, fields?: SafeFields): void;
  error(event: string, fields?: SafeFields): void;
  /** Whether `debug` writes anything. */
  readonly debugging: boolean;
  /** A logger that puts `fields` into each of its lines. */
  child(fields: SafeFields): Logger;
}

/** Where log lines go: anything with `write`, one JSON line a call. */
export interface LogDestination {
  write(line: string): void;
}

function wrap(inner: pino.Logger): Logger {
  const at = (level: "debug" | "info" | "warn" | "error") => (event: string, fields?: SafeFields) => {
    if (inner.isLevelEnabled(level)) inner[level](fields === undefined ? {} : safeOnly(fields), event);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    debugging: inner.isLevelEnabled("debug"),
    child: (fields) => wrap(inner.child(safeOnly(fields))),
  };
}

/** Makes a logger of JSON lines: `{"level":"info","time":…ms,"service":…,"event":…}`; standard output by default. */
export function createLogger(options: { service: string; level: LogLevel; destination?: LogDestination }): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    messageKey: "event",
    base: { service: options.service },
    formatters: { level: (label) => ({ level: label }) },
  };
  return wrap(options.destination === undefined ? pino(settings) : pino(settings, options.destination));
}

/** A logger that says nothing. */
export const silentLogger: Logger = createLogger({ service: "silent", level: "silent", destination: { write() {} } });
