/**
 * What can go wrong in this package.
 * - `bad-answer`: a source answered something that is no registry, map or set of proofs.
 * - `other-chain`: the registry is of another chain or contract than the one followed so far.
 */
export type NetworkViewErrorCode = "bad-answer" | "other-chain";

/** The coded error of this package; its message holds no key and no address. */
export class NetworkViewError extends Error {
  readonly code: NetworkViewErrorCode;

  constructor(code: NetworkViewErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NetworkViewError";
    this.code = code;
  }
}
