/**
 * What stops swarm-coordinator, or a part of it.
 * - `chain-contradicts`: the chain is another one than that which the stored map was made from.
 * - `bad-registry`: chain-watcher sent what is no registry or no block.
 * - `bad-state`: the stored map is unreadable; without its row the map is computed again from the chain.
 * - `bad-node-keys`: the ConfigMap that says which pod is which node is missing or unreadable.
 */
export type CoordinatorErrorCode = "chain-contradicts" | "bad-registry" | "bad-state" | "bad-node-keys";

/** The coded error of this service; its message holds no key and no hash. */
export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode;

  constructor(code: CoordinatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CoordinatorError";
    this.code = code;
  }
}
