/**
 * - `unavailable`: the server did not answer in time, or cannot be reached.
 * - `refused`: it answered with an error: full (`OOM`), a replica (`READONLY`), or not for us (`NOAUTH`).
 */
export type CacheErrorCode = "unavailable" | "refused";

/** The coded error of this package. Messages are safe to log. */
export class CacheError extends Error {
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CacheError";
    this.code = code;
  }
}
