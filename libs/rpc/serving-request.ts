import type { Pubkey } from "@swarmpost/crypto";
import type { Frame } from "./frame.ts";
import type { LinkRequest } from "./link.ts";

/** A request that keeps more than this of others' bytes alive gets bytes of its own; Node's pool of small buffers is no more. */
const MAX_SHARED_BYTES = 64 * 1024;

/** A request of the other end while its handler runs. Signal and timer exist only when the handler asks. */
export class ServingRequest implements LinkRequest {
  readonly peer: Pubkey | undefined;
  readonly kind: number;
  readonly id: number;
  readonly payload: Buffer;
  readonly #deadlineAt: number;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gone = false;
  #takenBack = false;

  constructor(peer: Pubkey | undefined, frame: Frame) {
    this.peer = peer;
    this.kind = frame.kind;
    this.id = frame.id;
    this.payload = ownBytes(frame.payload as Buffer);
    this.#deadlineAt = performance.now() + frame.deadlineMs;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      const left = Math.min(this.remainingMs, 2 ** 31 - 1);
      if (this.#gone) this.#controller.abort();
      else this.#timer = setTimeout(() => this.abort(), left);
    }
    return this.#controller.signal;
  }

  get remainingMs(): number {
    return this.#gone ? 0 : Math.max(0, this.#deadlineAt - performance.now());
  }

  /** Nobody waits for the answer any more. */
  get expired(): boolean {
    return this.#gone || performance.now() > this.#deadlineAt;
  }

  /** The caller took the request back, and waits to hear that nothing is done for it any more. */
  get takenBack(): boolean {
    return this.#takenBack;
  }

  /** The caller took the request back. */
  takeBack(): void {
    this.#takenBack = true;
    this.abort();
  }

  /** The link is gone, the deadline passed, or the caller took the request back. */
  abort(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#controller?.abort();
  }

  /** The handler is done: the signal will not fire any more. */
  release(): void {
    clearTimeout(this.#timer);
  }
}

/** Frames are views of the message that brought them; a request that waits for long must not hold the whole message meanwhile. */
function ownBytes(payload: Buffer): Buffer {
  if (payload.buffer.byteLength - payload.length <= MAX_SHARED_BYTES) return payload;
  const own = Buffer.allocUnsafeSlow(payload.length);
  payload.copy(own);
  return own;
}
