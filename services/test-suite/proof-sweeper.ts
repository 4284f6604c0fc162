import { type Clock, WakeableLoop } from "@swarmpost/runtime";
import type { KeptProof } from "./kept-proof.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import type { OwnRelays } from "./own-relays.ts";
import type { ProofBook } from "./proof-book.ts";
import type { RegistryFollower } from "./registry-follower.ts";

const SWEEP_MS = 1_000;

/** What the sweeper works with. */
export interface ProofSweeperParts {
  readonly book: ProofBook;
  readonly relays: Pick<OwnRelays, "owns">;
  readonly registry: RegistryFollower;
  readonly clock: Pick<Clock, "now">;
  readonly metrics: TestSuiteMetrics;
}

/** Drops proofs that ran out every second, those of nodes that left at once, and counts the rest. */
export class ProofSweeper implements AsyncDisposable {
  readonly #loop: WakeableLoop;

  readonly #parts: ProofSweeperParts;

  constructor(parts: ProofSweeperParts) {
    this.#parts = parts;
    this.#loop = new WakeableLoop(async () => {
      parts.book.sweep();
      this.#count();
      return SWEEP_MS;
    });
    parts.registry.onChange(() => this.#loop.wake());
  }

  #count(): void {
    const { book, relays, registry, clock, metrics } = this.#parts;
    const kept = [...book.all()];
    metrics.proofs.valid.set(kept.length);
    metrics.proofs.missing.set(Math.max(0, registry.nodes.size - kept.length));
    const own = kept.filter(({ proof }) => relays.owns(proof.pubkey));
    metrics.proofs.oldest.set({ of: "any" }, ageSeconds(kept, clock.now()));
    metrics.proofs.oldest.set({ of: "own" }, ageSeconds(own, clock.now()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop[Symbol.asyncDispose]();
  }
}

/** How long ago the oldest of these was accepted. */
function ageSeconds(proofs: readonly KeptProof[], nowMs: number): number {
  const oldestMs = proofs.reduce((oldest, { receivedMs }) => Math.min(oldest, receivedMs), nowMs);
  return (nowMs - oldestMs) / 1_000;
}
