import { WakeableLoop } from "@swarmpost/runtime";
import type { TestSuiteMetrics } from "./metrics.ts";
import type { ProofBook } from "./proof-book.ts";
import type { RegistryFollower } from "./registry-follower.ts";

const SWEEP_MS = 1_000;

/** Drops proofs that ran out every second, those of nodes that left at once, and counts the rest. */
export class ProofSweeper implements AsyncDisposable {
  readonly #loop: WakeableLoop;

  constructor({ book, registry, metrics }: { book: ProofBook; registry: RegistryFollower; metrics: TestSuiteMetrics }) {
    this.#loop = new WakeableLoop(async () => {
      book.sweep();
      const valid = [...book.all()].length;
      metrics.proofs.valid.set(valid);
      metrics.proofs.missing.set(Math.max(0, registry.nodes.size - valid));
      return SWEEP_MS;
    });
    registry.onChange(() => this.#loop.wake());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop[Symbol.asyncDispose]();
  }
}
