/** Why an encoding was refused. `bad-bencode`: not strict bencode; `not-encodable`: a value that has no bencoding. */
export type EncodingErrorCode = "bad-bencode" | "not-encodable";

/** Error of this package. The message names a position or a kind, never the bytes: it is safe to log. */
export class EncodingError extends Error {
  readonly code: EncodingErrorCode;

  constructor(code: EncodingErrorCode, message: string) {
    super(message);
    this.name = "EncodingError";
    this.code = code;
  }
}
