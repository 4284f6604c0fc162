/** Why a request is refused: what the sender did wrong, that the file is not there, or that the server cannot serve now. */
export type FileServerErrorCode =
  | "bad-request"
  | "too-large"
  | "not-found"
  | "bad-range"
  | "busy"
  | "unavailable"
  | "unknown-version";

const statuses: Readonly<Record<FileServerErrorCode, number>> = {
  "bad-request": 400,
  "too-large": 413,
  "not-found": 404,
  "bad-range": 416,
  busy: 503,
  unavailable: 503,
  "unknown-version": 502,
};

/** The coded error of this service. Its message is the answer's text. */
export class FileServerError extends Error {
  readonly code: FileServerErrorCode;
  readonly status: number;

  constructor(code: FileServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FileServerError";
    this.code = code;
    this.status = statuses[code];
  }
}
