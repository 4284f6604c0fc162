/**
 * `diverged`: the chain is not the one followed so far (another chain id, genesis or contract, or a final block was
 * replaced); following it would change the past. `behind`: the endpoint does not have a block that was final already.
 * `inconsistent`: the endpoint's answers do not fit together, or events are missing. `unreachable`: no usable answer.
 * `conflict`: another chain-watcher wrote to the same database.
 */
export type ChainWatcherErrorCode = "diverged" | "behind" | "inconsistent" | "unreachable" | "conflict";

/** The coded error of this service. Messages are safe to log and to show as a health reason. */
export class ChainWatcherError extends Error {
  readonly code: ChainWatcherErrorCode;

  constructor(code: ChainWatcherErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ChainWatcherError";
    this.code = code;
  }
}
