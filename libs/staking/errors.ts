/**
 * What a caller is expected to handle. `reverted`: the contract refused, `reason` is the name of its error;
 * `no-contract`: the address holds no staking contract on this chain; `insufficient-funds`: the account lacks the stake and
 * no minter was given, or coins to pay for a transaction; `unreachable`: the endpoint failed or did not answer in time, the transaction may have been sent.
 */
export type StakingErrorCode = "reverted" | "no-contract" | "insufficient-funds" | "unreachable";

/** The coded error of this package. Messages are safe to log: they hold no key and no address. */
export class StakingError extends Error {
  readonly code: StakingErrorCode;
  /** Name of the contract's own error when the code is `reverted` and the chain told it. */
  readonly reason: string | undefined;

  constructor(code: StakingErrorCode, message: string, options: { reason?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "StakingError";
    this.code = code;
    this.reason = options.reason;
  }
}
