import { InterruptedError } from "./stop-signal.ts";

/** What a person is shown of an error: its message in one line, with what caused it when that says more. */
export function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? error.cause.message : "";
  return [error.message || error.name, cause]
    .filter((text) => text !== "")
    .join(": ")
    .replaceAll(/\s*\n\s*/g, " ");
}

/** 130 when a signal ended the program, 1 for any other failure. */
export function exitCodeOf(error: unknown): number {
  return error instanceof InterruptedError ? 130 : 1;
}
