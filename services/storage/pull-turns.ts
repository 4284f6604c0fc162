import type { Pubkey } from "@swarmpost/crypto";

const MAX_WAIT_TURNS = 8;

/** When a source that was pulled to the end but was not whole is asked again: ever later while it does not become so. */
export class PullTurns {
  readonly #retryMs: number;
  readonly #sources = new Map<Pubkey, { readonly turns: number; readonly atMs: number }>();

  constructor(retryMs: number) {
    this.#retryMs = retryMs;
  }

  due(source: Pubkey, nowMs: number): boolean {
    return (this.#sources.get(source)?.atMs ?? 0) <= nowMs;
  }

  /** A source was pulled to the end. */
  pulled(source: Pubkey, whole: boolean, nowMs: number): void {
    const turns = Math.min((this.#sources.get(source)?.turns ?? 0.5) * 2, MAX_WAIT_TURNS);
    if (whole) this.#sources.delete(source);
    else this.#sources.set(source, { turns, atMs: nowMs + turns * this.#retryMs });
  }
}
