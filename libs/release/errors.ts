/**
 * `settings`: they contradict each other or what was made before. `given-secret`: a Secret of the operator is not as it
 * must be. `still-staked`: a node would go that holds stake. `chain`: the chain or its contract is not as expected.
 * `lost`: something is gone that was made once and can't be made again without harm.
 * `no-message`: a message did not arrive. `unregistered`: a node could not be registered. `no-funds`: the operator's account
 * can't pay for that.
 */
export type ReleaseErrorCode =
  | "settings"
  | "given-secret"
  | "lost"
  | "still-staked"
  | "chain"
  | "no-message"
  | "unregistered"
  | "no-funds";

/** What stays as it is until somebody changes the values or brings back what is gone. */
const LASTING: ReadonlySet<ReleaseErrorCode> = new Set(["settings", "given-secret", "lost", "still-staked"]);

/** The coded error of this package. Its message is a sentence for the operator and holds no secret. */
export class ReleaseError extends Error {
  readonly code: ReleaseErrorCode;

  /** Trying again can't help: the job ends with the exit code that Kubernetes does not retry. */
  get lasting(): boolean {
    return LASTING.has(this.code);
  }

  constructor(code: ReleaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ReleaseError";
    this.code = code;
  }
}
