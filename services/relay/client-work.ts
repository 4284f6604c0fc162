import { clientNetwork } from "./rate-limit.ts";
import { MAX_BODY_BYTES } from "./read-body.ts";
import { type OpenPlace, WorkLimit, type WorkLimits } from "./work-limit.ts";

/** What all clients may have under way, and how many bodies one of them may be in the middle of sending. */
export interface ClientLimits extends WorkLimits {
  readonly maxUnfinished: number;
}

/** One client has at most this part of all places and bytes, so that it takes more than one address to take them all. */
const SHARE = 4;

/** What one client address has under way. */
interface Client {
  calls: number;
  unfinished: number;
  requests: number;
  bytes: number;
}

/** Counts the work of clients, in all and for each address: who sends many bodies and ends none gets no more in. */
export class ClientWork {
  readonly #all: WorkLimit;
  readonly #maxUnfinished: number;
  readonly #maxRequests: number;
  readonly #maxBytes: number;
  readonly #clients = new Map<string, Client>();

  constructor(limits: ClientLimits) {
    this.#all = new WorkLimit(limits);
    this.#maxUnfinished = limits.maxUnfinished;
    this.#maxRequests = Math.max(limits.maxUnfinished, limits.maxRequests / SHARE);
    // The largest request and the largest answer of one client always fit.
    this.#maxBytes = Math.max(3 * MAX_BODY_BYTES, limits.maxBytes / SHARE);
  }

  get requests(): number {
    return this.#all.requests;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  /** Begins a body; undefined when this address is sending too many already. To be disposed when its answer has left. */
  open(address: string): OpenPlace | undefined {
    const name = clientNetwork(address);
    const client = this.#clients.get(name) ?? { calls: 0, unfinished: 0, requests: 0, bytes: 0 };
    if (client.unfinished >= this.#maxUnfinished) return undefined;
    this.#clients.set(name, client);
    client.calls++;
    return this.#place(client, () => {
      if (--client.calls === 0) this.#clients.delete(name);
    });
  }

  #place(client: Client, left: () => void): OpenPlace {
    const place = this.#all.open();
    let held = 0;
    let state: "unfinished" | "requests" | "left" = "unfinished";
    client.unfinished++;
    return {
      hold: (bytes) => {
        if (client.bytes + bytes > this.#maxBytes || !place.hold(bytes)) return false;
        client.bytes += bytes;
        held += bytes;
        return true;
      },
      enter: () => {
        if (client.requests >= this.#maxRequests || !place.enter()) return false;
        client.unfinished--;
        client.requests++;
        state = "requests";
        return true;
      },
      [Symbol.dispose]: () => {
        if (state === "left") return;
        client[state]--;
        state = "left";
        client.bytes -= held;
        place[Symbol.dispose]();
        left();
      },
    };
  }
}
