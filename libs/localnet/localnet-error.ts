/** What can go wrong while a local network is started or run. */
export type LocalnetErrorCode = "options" | "address" | "start" | "timeout" | "service";

/** A local network could not do what was asked; the message is one line for a person. */
export class LocalnetError extends Error {
  readonly code: LocalnetErrorCode;

  constructor(code: LocalnetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LocalnetError";
    this.code = code;
  }
}
