import { FRAME } from "./frame.ts";
import type { OutgoingFrame } from "./frame-writer.ts";
import type { LinkRequestOptions } from "./link.ts";
import { LinkError } from "./link-error.ts";

/** Longest deadline a timer and the frame's u32 can hold. */
const MAX_DEADLINE_MS = 2 ** 31 - 1;

/** What a request fails with that its caller took back. */
export function takenBack(): LinkError {
  return new LinkError("cancelled", "the caller took the request back");
}

/** A request of ours from the moment it was asked until it settled; knows whether the other end may have got it. */
export class PendingRequest implements OutgoingFrame {
  readonly type = FRAME.request;
  readonly kind: number;
  readonly payload: Uint8Array;
  readonly promise: Promise<Buffer>;
  /** Correlation id on the stream it was given to. */
  id = 0;
  /** True from the moment it was handed to a stream: it must never be sent again. */
  sent = false;
  /** Told when the caller takes it back after it was sent: it stays open until the other end has let go of it. */
  onTakenBack: () => void = () => {};
  #takenBack = false;
  #settled = false;
  readonly #signal: AbortSignal | undefined;
  readonly #deadlineAt: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onSettled: (request: PendingRequest) => void;
  readonly #resolve: (answer: Buffer) => void;
  readonly #reject: (error: LinkError) => void;

  constructor(
    kind: number,
    payload: Uint8Array,
    { deadlineMs, signal }: LinkRequestOptions,
    onSettled: (request: PendingRequest) => void,
  ) {
    const deadline = Math.max(1, Math.min(Math.ceil(deadlineMs), MAX_DEADLINE_MS));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.kind = kind;
    this.payload = payload;
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onSettled = onSettled;
    this.#deadlineAt = performance.now() + deadline;
    this.#timer = setTimeout(() => this.#expire(), deadline);
    this.#signal = signal;
    signal?.addEventListener("abort", this.#cancel);
  }

  get settled(): boolean {
    return this.#settled;
  }

  release(): number | undefined {
    if (this.#settled) return undefined;
    this.sent = true;
    return Math.max(1, Math.ceil(this.#deadlineAt - performance.now()));
  }

  answer(payload: Buffer): void {
    if (this.#takenBack) this.fail(takenBack());
    else if (this.#settle()) this.#resolve(payload);
  }

  fail(error: LinkError): void {
    if (this.#settle()) this.#reject(this.#takenBack ? takenBack() : error);
  }

  readonly #cancel = (): void => {
    if (this.#takenBack) return;
    this.#takenBack = true;
    if (this.sent) this.onTakenBack();
    else this.fail(takenBack());
  };

  #expire(): void {
    this.fail(
      this.sent
        ? new LinkError("timeout", "no answer within the deadline")
        : new LinkError("unreachable", "not sent within the deadline"),
    );
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#cancel);
    this.#onSettled(this);
    return true;
  }
}
