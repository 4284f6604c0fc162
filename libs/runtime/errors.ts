/** What went wrong inside the runtime: `overloaded` and `closed` come from a `Batcher`, `config` from `parseConfig`. */
export type RuntimeErrorCode = "overloaded" | "closed" | "config";

/** The coded error of this package. Messages are safe to log. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
    this.code = code;
  }
}

/** Every problem found in the configuration at once; values of secrets are never in the text. */
export class ConfigError extends RuntimeError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super("config", `bad configuration: ${problems.join("; ")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Closes a switch over a union: a new case that nobody handles is a type error, and an exception at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${typeof value}`);
}
