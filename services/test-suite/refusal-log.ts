import type { ProofRefusal } from "@swarmpost/proof";
import type { Clock, Logger } from "@swarmpost/runtime";

const MINUTE_MS = 60_000;

/** Writes down why proofs are refused: the first of each reason in a minute, since a peer may send thousands. All are counted elsewhere. */
export class RefusalLog {
  readonly #parts: { clock: Clock; logger: Logger };
  readonly #written = new Set<string>();
  #sinceMs = 0;

  constructor(parts: { clock: Clock; logger: Logger }) {
    this.#parts = parts;
  }

  note(reason: ProofRefusal, source: "own" | "peer"): void {
    const nowMs = this.#parts.clock.now();
    if (Math.abs(nowMs - this.#sinceMs) >= MINUTE_MS) {
      this.#written.clear();
      this.#sinceMs = nowMs;
    }
    const line = `${reason} ${source}`;
    if (this.#written.has(line)) return;
    this.#written.add(line);
    this.#parts.logger.info("proof_refused", { reason, source });
  }
}
