/**
 * Why a test server is not there (its program is not installed, did not start), that a condition did not come true in time, or
 * that a parser did not bear an input.
 */
export type TestkitErrorCode = "missing-program" | "start-failed" | "timeout" | "fuzz";

/** The coded error of this package; the message says what to do about it. */
export class TestkitError extends Error {
  readonly code: TestkitErrorCode;

  constructor(code: TestkitErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TestkitError";
    this.code = code;
  }
}
