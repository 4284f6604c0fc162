import { COALESCE_BYTES, type Frame, frameBytes, MAX_MESSAGE_FRAMES, writeFrame } from "./frame.ts";

/** A frame on its way out, asked at the last moment whether it is still wanted. */
export interface OutgoingFrame {
  readonly type: number;
  readonly kind: number;
  readonly id: number;
  readonly payload: Uint8Array;
  /** True once nobody wants it any more. */
  readonly settled?: boolean;
  /** Called when the frame is about to be handed to the stream: milliseconds of deadline left (0 for answers), or undefined to drop it. */
  release(): number | undefined;
}

/** The writing half of a grpc-js stream. */
export interface MessageSink {
  write(message: Buffer, done: (error?: Error | null) => void): boolean;
}

/** Messages handed to the stream but not yet taken by the socket; the rest waits here and coalesces. */
const MAX_IN_FLIGHT = 2;

/**
 * Gathers the frames of one tick into few messages. Back-pressure: at most two messages are with the stream at a time, so
 * frames wait (and are counted in `queuedBytes`) until the other end has read.
 */
export class FrameWriter {
  readonly #sink: MessageSink;
  readonly #onRoom: () => void;
  /** What was taken is let go at once. */
  #queue: (OutgoingFrame | undefined)[] = [];
  #next = 0;
  #inFlight = 0;
  #scheduled = false;
  #closed = false;
  /** Frames that wait although nobody wants them any more, and their bytes. */
  #unwanted = { frames: 0, bytes: 0 };
  /** Bytes waiting for the stream. */
  queuedBytes = 0;

  constructor(sink: MessageSink, onRoom: () => void = () => {}) {
    this.#sink = sink;
    this.#onRoom = onRoom;
  }

  /** Queues a frame for this tick's message. */
  push(frame: OutgoingFrame): void {
    if (this.#closed) return;
    this.#queue.push(frame);
    this.queuedBytes += frameBytes(frame.type, frame.payload.length);
    this.#schedule();
  }

  /**
   * A frame that waits has settled. Before such frames are more than half of what waits they are let go, also while the
   * stream takes nothing: else they would hold more than was ever wanted at once.
   */
  settled(frame: OutgoingFrame): void {
    this.#unwanted.frames += 1;
    this.#unwanted.bytes += frameBytes(frame.type, frame.payload.length);
    const { frames, bytes } = this.#unwanted;
    if (2 * frames <= this.#queue.length - this.#next && 2 * bytes <= this.queuedBytes) return;
    const wanted = this.#queue.filter((each): each is OutgoingFrame => each !== undefined && each.settled !== true);
    this.drop();
    this.#queue = wanted;
    for (const { type, payload } of wanted) this.queuedBytes += frameBytes(type, payload.length);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#queue = [];
    this.#next = 0;
    this.#unwanted = { frames: 0, bytes: 0 };
    this.queuedBytes = 0;
  }

  /** Forgets what waits; nothing is written afterwards. */
  close(): void {
    this.#closed = true;
    this.drop();
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= MAX_IN_FLIGHT) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#closed && this.#inFlight < MAX_IN_FLIGHT && this.#next < this.#queue.length) {
      const message = this.#take();
      if (!message) continue;
      this.#inFlight += 1;
      this.#sink.write(message, () => this.#written());
    }
  }

  #written(): void {
    this.#inFlight -= 1;
    if (this.#closed) return;
    if (this.#next < this.#queue.length) this.#schedule();
    this.#onRoom();
  }

  /** Takes the next frames that fit into one message; undefined when all of them were no longer wanted. */
  #take(): Buffer | undefined {
    const frames: Frame[] = [];
    let bytes = 0;
    for (; this.#next < this.#queue.length && frames.length < MAX_MESSAGE_FRAMES; this.#next += 1) {
      const out = this.#queue[this.#next] as OutgoingFrame;
      const size = frameBytes(out.type, out.payload.length);
      if (frames.length > 0 && bytes + size > COALESCE_BYTES) break;
      this.queuedBytes -= size;
      this.#queue[this.#next] = undefined;
      const deadlineMs = out.release();
      if (deadlineMs === undefined) {
        this.#unwanted.frames -= 1;
        this.#unwanted.bytes -= size;
        continue;
      }
      frames.push({ type: out.type, kind: out.kind, id: out.id, deadlineMs, payload: out.payload });
      bytes += size;
    }
    this.#compact();
    if (frames.length === 0) return undefined;
    const message = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const frame of frames) at = writeFrame(message, at, frame);
    return message;
  }

  #compact(): void {
    if (this.#next < this.#queue.length && this.#next < 1_024) return;
    this.#queue = this.#next === this.#queue.length ? [] : this.#queue.slice(this.#next);
    this.#next = 0;
  }
}
