import { CallingStream } from "./calling-stream.ts";
import type { Connection, Dial } from "./connection.ts";
import { FRAME, frameBytes, MAX_FRAME_BYTES } from "./frame.ts";
import type { Link, LinkLimits, LinkRequestOptions, LinkState } from "./link.ts";
import { LinkError } from "./link-error.ts";
import { PendingRequest, takenBack } from "./pending-request.ts";

/** A connection that broke sooner than this counts as a failed attempt, so that a flapping end is not hammered. */
const STEADY_MS = 1_000;

/** The calling end of a link: connects when asked, re-connects while in use, and never sends a request twice. */
export class LinkClient implements Link {
  readonly #dial: Dial;
  readonly #limits: Required<LinkLimits>;
  readonly #onIdle: () => void;
  readonly #waiting = new Set<PendingRequest>();
  readonly #streams = new Set<CallingStream>();
  #current: CallingStream | undefined;
  #state: LinkState = "idle";
  #outstanding = 0;
  #outstandingBytes = 0;
  #failures = 0;
  #usedAt = 0;
  #upSince = 0;
  #attempt: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** `onIdle` is told when nothing is open any more because nobody asked for long. */
  constructor(dial: Dial, limits: LinkLimits = {}, onIdle: () => void = () => {}) {
    this.#dial = dial;
    this.#limits = {
      maxOutstandingBytes: limits.maxOutstandingBytes ?? 64 * 1024 * 1024,
      maxOutstanding: limits.maxOutstanding ?? 16_384,
      idleMs: limits.idleMs ?? 300_000,
      connectTimeoutMs: limits.connectTimeoutMs ?? 5_000,
      backoffMs: limits.backoffMs ?? { min: 100, max: 5_000 },
    };
    this.#onIdle = onIdle;
  }

  get state(): LinkState {
    return this.#state;
  }

  async request(kind: number, payload: Uint8Array, options: LinkRequestOptions): Promise<Buffer> {
    this.#usedAt = performance.now();
    if (this.#disposed) throw new LinkError("unreachable", "the link is closed");
    if (options.signal?.aborted === true) throw takenBack();
    if (this.#state === "down") throw new LinkError("unreachable", "the other end is down");
    if (frameBytes(FRAME.request, payload.length) > MAX_FRAME_BYTES) {
      throw new LinkError("refused", "the request is too long for a frame", { detail: 413 });
    }
    const { maxOutstanding, maxOutstandingBytes } = this.#limits;
    if (this.#outstanding >= maxOutstanding || this.#outstandingBytes + payload.length > maxOutstandingBytes) {
      throw new LinkError("overloaded", "too much is outstanding on this link");
    }
    const request = new PendingRequest(kind, payload, options, (settled) => this.#settled(settled));
    this.#outstanding += 1;
    this.#outstandingBytes += payload.length;
    if (this.#current) this.#current.send(request);
    else this.#wait([request]);
    return request.promise;
  }

  /** Tries at once to reach an end that is down: it was heard of. */
  wake(): void {
    if (this.#disposed || this.#state !== "down" || this.#attempt !== undefined) return;
    clearTimeout(this.#timer);
    void this.#connect();
  }

  /** Takes no more requests; what is under way may finish within `graceMs`, then it is cut. */
  async retire(graceMs: number): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const request of [...this.#waiting, ...(this.#current?.leave() ?? [])]) this.#refuse(request);
    const cut = setTimeout(() => this.#shut(), graceMs);
    while (this.#streams.size > 0) await Promise.all([...this.#streams].map((stream) => stream.ended));
    clearTimeout(cut);
    this.#shut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#shut();
  }

  #shut(): void {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    for (const stream of this.#streams) stream.close();
    for (const request of this.#waiting) this.#refuse(request);
    this.#state = "idle";
  }

  #refuse(request: PendingRequest): void {
    request.fail(new LinkError("unreachable", this.#disposed ? "the link is closed" : "the other end is down"));
  }

  #settled(request: PendingRequest): void {
    this.#outstanding -= 1;
    this.#outstandingBytes -= request.payload.length;
    this.#waiting.delete(request);
    for (const stream of this.#streams) stream.forget(request);
  }

  #wait(requests: PendingRequest[]): void {
    for (const request of requests) {
      if (this.#disposed) this.#refuse(request);
      else if (!request.settled) this.#waiting.add(request);
    }
    if (this.#waiting.size > 0 && this.#state === "idle") void this.#connect();
  }

  /** One attempt. From "down" the state stays so until it succeeds: callers go on failing fast. */
  async #connect(): Promise<void> {
    if (this.#state !== "down") this.#state = "connecting";
    const attempt = new AbortController();
    const timeout = setTimeout(() => attempt.abort(), this.#limits.connectTimeoutMs);
    this.#attempt = attempt;
    try {
      const connection = await this.#dial(attempt.signal);
      if (this.#disposed) connection.close();
      else this.#up(connection);
    } catch {
      this.#failed();
    } finally {
      clearTimeout(timeout);
      this.#attempt = undefined;
    }
  }

  #up(connection: Connection): void {
    const stream: CallingStream = new CallingStream(connection, {
      goodbye: () => this.#goodbye(stream),
      closed: (unsent) => this.#closed(stream, unsent),
    });
    if (stream.closed) return this.#failed();
    this.#streams.add(stream);
    this.#current = stream;
    this.#state = "up";
    this.#upSince = performance.now();
    for (const request of this.#waiting) stream.send(request);
    this.#waiting.clear();
    this.#watchIdle();
  }

  #goodbye(stream: CallingStream): void {
    if (this.#current !== stream) return;
    this.#current = undefined;
    this.#state = "idle";
    const unsent = stream.leave();
    this.#wait(unsent);
    if (this.#state === "idle" && this.#inUse()) void this.#connect();
  }

  #closed(stream: CallingStream, unsent: PendingRequest[]): void {
    this.#streams.delete(stream);
    if (this.#current !== stream) return this.#wait(unsent);
    this.#current = undefined;
    this.#state = "idle";
    if (this.#disposed) return this.#wait(unsent);
    if (performance.now() - this.#upSince < STEADY_MS) {
      for (const request of unsent) this.#waiting.add(request);
      return this.#failed();
    }
    this.#failures = 0;
    this.#wait(unsent);
    if (this.#state === "idle" && this.#inUse()) void this.#connect();
  }

  #failed(): void {
    if (this.#disposed) return;
    this.#state = "down";
    for (const request of this.#waiting) this.#refuse(request);
    const { min, max } = this.#limits.backoffMs;
    const pause = Math.min(max, min * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 16);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#inUse() ? void this.#connect() : this.#rest()), pause).unref();
  }

  #inUse(): boolean {
    return this.#limits.idleMs === 0 || performance.now() - this.#usedAt < this.#limits.idleMs;
  }

  #watchIdle(): void {
    clearTimeout(this.#timer);
    if (this.#limits.idleMs === 0) return;
    this.#timer = setTimeout(() => {
      if (this.#inUse() || this.#outstanding > 0) this.#watchIdle();
      else this.#rest();
    }, this.#limits.idleMs).unref();
  }

  /** Nobody asked for long: close what is open and wait for the next request. */
  #rest(): void {
    const stream = this.#current;
    this.#current = undefined;
    this.#state = "idle";
    this.#failures = 0;
    stream?.close();
    this.#onIdle();
  }
}
