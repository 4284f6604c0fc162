/** How much the relay takes on at once. */
export interface WorkLimits {
  readonly maxRequests: number;
  readonly maxBytes: number;
}

/** Counts requests under way and the bytes they hold, so that a flood is told "busy" instead of filling the memory. */
export class WorkLimit {
  readonly #limits: WorkLimits;
  #requests = 0;
  #bytes = 0;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a place; undefined when all are taken. The place must be disposed. */
  enter(): Place | undefined {
    if (this.#requests >= this.#limits.maxRequests) return undefined;
    this.#requests++;
    let held = 0;
    let open = true;
    return {
      hold: (bytes) => {
        if (this.#bytes + bytes > this.#limits.maxBytes) return false;
        this.#bytes += bytes;
        held += bytes;
        return true;
      },
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        this.#requests--;
        this.#bytes -= held;
      },
    };
  }
}

/** One request's place among those under way. */
export interface Place extends Disposable {
  /** Counts bytes that the request holds in memory; false when there is no room for them. */
  hold(bytes: number): boolean;
}
