import { Batcher } from "@swarmpost/runtime";
import { StorageError } from "./errors.ts";
import type { RevocationTable, TokenKey } from "./revocation-table.ts";

const MAX_BATCH = 512;

/** Looks up tokens, which every request of a subaccount does, many in one statement. */
export class RevocationQueue implements AsyncDisposable {
  readonly #batcher: Batcher<TokenKey, boolean>;

  constructor(options: { gatherMs: number; maxQueue: number }, table: Pick<RevocationTable, "revoked">) {
    const limits = { maxBatch: MAX_BATCH, maxDelayMs: options.gatherMs, maxQueue: options.maxQueue };
    this.#batcher = new Batcher(limits, (keys) => table.revoked(keys));
  }

  /** Whether an account revoked a token. @throws StorageError "unavailable". */
  async isRevoked(key: TokenKey): Promise<boolean> {
    try {
      return await this.#batcher.add(key);
    } catch (error) {
      throw new StorageError("unavailable", "a look-up of a token failed", { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batcher[Symbol.asyncDispose]();
  }
}
