/**
 * - "malformed": bytes of a peer or of our own database do not parse.
 * - "unknown": a peer asks or brings something of a kind that this program does not know.
 * - "unavailable": the database did not take a commit; nothing was acknowledged.
 * - "draining": this node is shutting down.
 * - "foreign-database": the database belongs to another node key.
 * - "database-taken": another storage is at work on the database.
 * - "database-changed": the database was emptied, replaced or taken back to an older state while this storage was at work.
 */
export type StorageErrorCode =
  | "malformed"
  | "unknown"
  | "unavailable"
  | "draining"
  | "foreign-database"
  | "database-taken"
  | "database-changed";

/** The coded error of this service. Messages are safe to log. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
