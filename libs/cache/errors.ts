/** `unavailable`: the server did not answer in time, or cannot be reached. */
export type CacheErrorCode = "unavailable";

/** The coded error of this package. Messages are safe to log. */
export class CacheError extends Error {
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CacheError";
    this.code = code;
  }
}
