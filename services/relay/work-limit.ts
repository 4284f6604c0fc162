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

  /** Begins a request that is still coming in: only its bytes count, until it enters. It must be disposed. */
  open(): OpenPlace {
    let held = 0;
    let entered = false;
    let open = true;
    return {
      hold: (bytes) => {
        if (this.#bytes + bytes > this.#limits.maxBytes) return false;
        this.#bytes += bytes;
        held += bytes;
        return true;
      },
      enter: () => {
        if (this.#requests >= this.#limits.maxRequests) return false;
        this.#requests++;
        entered = true;
        return true;
      },
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        if (entered) this.#requests--;
        this.#bytes -= held;
      },
    };
  }

  /** Takes a place for a request that is all there; undefined when all are taken. The place must be disposed. */
  enter(): Place | undefined {
    const place = this.open();
    return place.enter() ? place : undefined;
  }
}

/** One request's place among those under way. */
export interface Place extends Disposable {
  /** Counts bytes that the request holds in memory; false when there is no room for them. */
  hold(bytes: number): boolean;
}

/** A place that is not taken yet. */
export interface OpenPlace extends Place {
  /** Takes the place, once; false when all are taken. */
  enter(): boolean;
}
