import type { LinkRequest } from "@swarmpost/rpc";

/** Who asked for a request and, when it is a batch, for all that is in it. */
export class Caller {
  readonly #request: Pick<LinkRequest, "remainingMs" | "signal">;
  #enough: AbortController | undefined;
  #answered = false;

  constructor(request: Pick<LinkRequest, "remainingMs" | "signal">) {
    this.#request = request;
  }

  /** Milliseconds for which it still waits for the answer. */
  get remainingMs(): number {
    return this.#request.remainingMs;
  }

  /** Fires when nothing more should be waited for. Made only when asked for. */
  get enough(): AbortSignal {
    if (this.#enough) return this.#enough.signal;
    const enough = new AbortController();
    this.#enough = enough;
    if (this.#answered || this.#request.signal.aborted) enough.abort();
    else this.#request.signal.addEventListener("abort", () => enough.abort(), { once: true });
    return enough.signal;
  }

  /** One part of the request has something to tell: the others are to be answered with what they have. */
  answered(): void {
    this.#answered = true;
    this.#enough?.abort();
  }
}
