/** Why content could not be kept or read: it is not there, or its place does not answer or is full. */
export type ContentErrorCode = "not-found" | "unavailable";

/** The coded error of this package. Its message names neither content nor credentials. */
export class ContentError extends Error {
  readonly code: ContentErrorCode;

  constructor(code: ContentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ContentError";
    this.code = code;
  }
}
