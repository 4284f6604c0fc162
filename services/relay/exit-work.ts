import { type Place, WorkLimit, type WorkLimits } from "./work-limit.ts";

/** How many exits are under way at once, in all and to one server, and the bytes of their answers. */
export interface ExitLimits extends WorkLimits {
  readonly maxPerHost: number;
}

/** Counts exits apart from all other work: servers outside that never answer must cost exits only, and one host's its own. */
export class ExitWork {
  readonly #all: WorkLimit;
  readonly #maxPerHost: number;
  readonly #hosts = new Map<string, number>();

  constructor(limits: ExitLimits) {
    this.#all = new WorkLimit(limits);
    this.#maxPerHost = limits.maxPerHost;
  }

  get requests(): number {
    return this.#all.requests;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  /** Takes a place; undefined when all, or all of this host, are taken. The place must be disposed. */
  enter(host: string): Place | undefined {
    const taken = this.#hosts.get(host) ?? 0;
    const place = taken < this.#maxPerHost ? this.#all.enter() : undefined;
    if (!place) return undefined;
    this.#hosts.set(host, taken + 1);
    const stack = new DisposableStack();
    stack.use(place);
    stack.defer(() => this.#leave(host));
    return { hold: (bytes) => place.hold(bytes), [Symbol.dispose]: () => stack.dispose() };
  }

  #leave(host: string): void {
    const left = (this.#hosts.get(host) ?? 1) - 1;
    if (left === 0) this.#hosts.delete(host);
    else this.#hosts.set(host, left);
  }
}
