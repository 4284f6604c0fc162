import type { Pubkey } from "@swarmpost/crypto";
import { errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import type { ProofBook, ProofChange } from "./proof-book.ts";
import type { ProofStore } from "./proof-store.ts";
import type { TestSuiteMetrics } from "./metrics.ts";

const RETRY_MS = 1_000;
const REST_MS = 60_000;

/** Writes changes behind: an outage of Postgres delays what a restart would know, and nothing else. */
export class ProofSaver implements AsyncDisposable {
  readonly #parts: { store: ProofStore; book: ProofBook; logger: Logger; metrics: TestSuiteMetrics };
  /** With the time of the last proof that was known. */
  readonly #changed = new Map<Pubkey, number>();
  readonly #loop: WakeableLoop;
  #failing = false;

  constructor(parts: { store: ProofStore; book: ProofBook; logger: Logger; metrics: TestSuiteMetrics }) {
    this.#parts = parts;
    this.#loop = new WakeableLoop(() => this.#save());
  }

  /** Why proofs are not saved, or undefined when they are. */
  reason(): string | undefined {
    return this.#failing ? "proofs cannot be written" : undefined;
  }

  note(change: ProofChange): void {
    for (const { proof, receivedMs } of [...change.accepted, ...change.dropped])
      this.#changed.set(proof.pubkey, receivedMs);
    this.#loop.wake();
  }

  /** One last attempt, then the rest is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await this.#save();
  }

  async #save(): Promise<number> {
    const { store, book, logger, metrics } = this.#parts;
    try {
      for (const [node, receivedMs] of this.#changed) {
        const kept = book.get(node);
        await (kept ? store.put(node, kept) : store.remove(node, receivedMs));
        if (book.get(node) === kept) this.#changed.delete(node);
        metrics.proofs.saves.inc({ result: "saved" });
      }
      this.#failing = false;
      return REST_MS;
    } catch (error) {
      metrics.proofs.saves.inc({ result: "failed" });
      if (!this.#failing) logger.warn("proofs_not_saved", { pending: this.#changed.size, ...errorFields(error) });
      this.#failing = true;
      return RETRY_MS;
    }
  }
}
