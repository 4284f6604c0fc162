/**
 * - "malformed": bytes of a peer or of our own database do not parse.
 * - "unavailable": the database did not take a commit; nothing was acknowledged.
 * - "draining": this node is shutting down.
 */
export type StorageErrorCode = "malformed" | "unavailable" | "draining";

/** The coded error of this service. Messages are safe to log. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
