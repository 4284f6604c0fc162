/** Why an operation was refused. `bad-key`: not a usable key; `bad-input`: an argument of an impossible size. */
export type CryptoErrorCode = "bad-key" | "bad-input";

/** Error of this package. The message never holds key material: it is safe to log. */
export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CryptoError";
    this.code = code;
  }
}
