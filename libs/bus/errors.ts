/** `bad-subject` and `too-large` are mistakes of the caller; `closed` comes from a disposed bus. */
export type BusErrorCode = "bad-subject" | "too-large" | "closed";

/** The coded error of this package. Messages are safe to log. */
export class BusError extends Error {
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BusError";
    this.code = code;
  }
}
