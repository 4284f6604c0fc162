/**
 * What can go wrong in this package.
 * - `bad-id`: a number is not a swarm id (0 … 2^64−2).
 * - `bad-parameters`: not 1 ≤ minimum < target < maximum.
 * - `out-of-order`: a block is not above the height of the state it is applied to.
 * - `bad-block`: a block hash is not 32 bytes long.
 * - `bad-checkpoint`: bytes are not the canonical form of a swarm state.
 */
export type SwarmErrorCode = "bad-id" | "bad-parameters" | "out-of-order" | "bad-block" | "bad-checkpoint";

/** The coded error of this package; its message holds no key. */
export class SwarmError extends Error {
  readonly code: SwarmErrorCode;

  constructor(code: SwarmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SwarmError";
    this.code = code;
  }
}
