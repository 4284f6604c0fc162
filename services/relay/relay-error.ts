import { type Answer, textAnswer } from "./answer.ts";

/**
 * Why the relay refused something.
 * - `refused`: a request; `answer` is what the caller is told.
 * - `aborted`: nothing: the client went away while it sent its request.
 * - `bad-config`: the service can't start with these settings.
 * - `doppelganger`: the service can't start: another process runs with its key.
 */
export class RelayError extends Error {
  readonly code: "refused" | "aborted" | "bad-config" | "doppelganger";
  readonly answer: Answer;
  /** The connection must not be used again: the rest of the request was not read. */
  readonly close: boolean;

  constructor(
    code: RelayError["code"],
    message: string,
    options: ErrorOptions & { answer?: Answer; close?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RelayError";
    this.code = code;
    this.answer = options.answer ?? textAnswer(500, "Exception caught with processing client request: internal error");
    this.close = options.close ?? false;
  }
}

/** A refusal with a plain text answer. */
export function refusal(status: number, text: string, options: { close?: boolean } = {}): RelayError {
  return new RelayError("refused", `refused with ${status}`, { answer: textAnswer(status, text), ...options });
}
