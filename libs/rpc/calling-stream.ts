import type { Connection } from "./connection.ts";
import { decodeRefusal, FRAME, type Frame, parseFrames } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";
import { LinkError } from "./link-error.ts";
import type { PendingRequest } from "./pending-request.ts";

const NOTHING = Buffer.alloc(0);

/** What the owner of a calling stream is told. */
export interface CallingStreamEvents {
  /** The other end will take no more requests; answers to those under way still come. */
  goodbye(): void;
  /** The stream is gone. `unsent` were never handed to it and may go elsewhere. */
  closed(unsent: PendingRequest[]): void;
}

/** The calling end of one established stream: ids, answers, and who gets which error when it breaks. */
export class CallingStream {
  readonly #connection: Connection;
  readonly #writer: FrameWriter;
  readonly #events: CallingStreamEvents;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #ended = Promise.withResolvers<void>();
  #lastId = 0;
  #leaving = false;
  #closed = false;

  constructor(connection: Connection, events: CallingStreamEvents) {
    this.#connection = connection;
    this.#events = events;
    this.#writer = new FrameWriter(connection.stream);
    connection.stream.on("data", (message: Buffer) => this.#receive(message));
    connection.onClosed(() => this.close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes of requests that wait to be sent. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** Resolves when the stream is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Queues a request. It counts as sent only when handed to the stream. */
  send(request: PendingRequest): void {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#pending.has(this.#lastId));
    request.id = this.#lastId;
    this.#pending.set(request.id, request);
    request.onTakenBack = () => this.#cancel(request);
    this.#writer.push(request);
  }

  /** Forgets a settled request; the answer, should it come, is ignored. */
  forget(request: PendingRequest): void {
    if (this.#pending.get(request.id) === request) {
      this.#pending.delete(request.id);
      if (!request.sent) this.#writer.settled(request);
    }
    this.#closeWhenDone();
  }

  #cancel({ kind, id }: PendingRequest): void {
    if (this.#connection.takesCancels)
      this.#writer.push({ type: FRAME.cancel, kind, id, payload: NOTHING, release: () => 0 });
  }

  /** Takes back what was not sent yet; the stream closes when the rest is answered. */
  leave(): PendingRequest[] {
    this.#leaving = true;
    const unsent = this.#takeUnsent();
    this.#closeWhenDone();
    return unsent;
  }

  /** Breaks the stream: what was sent is "lost", the rest is given back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const unsent = this.#takeUnsent();
    this.#writer.close();
    this.#connection.close();
    for (const request of this.#pending.values()) {
      request.fail(new LinkError("lost", "the link broke before the answer"));
    }
    this.#events.closed(unsent);
    this.#ended.resolve();
  }

  #takeUnsent(): PendingRequest[] {
    const unsent = [...this.#pending.values()].filter((request) => !request.sent);
    for (const request of unsent) this.#pending.delete(request.id);
    this.#writer.drop();
    return unsent;
  }

  #closeWhenDone(): void {
    if (this.#leaving && this.#pending.size === 0) this.close();
  }

  #receive(message: Buffer): void {
    const frames = parseFrames(message);
    if (!frames) return this.close();
    for (const frame of frames) if (!this.#closed) this.#take(frame);
  }

  #take(frame: Frame): void {
    if (frame.type === FRAME.goodbye) return this.#events.goodbye();
    if (frame.type === FRAME.request || frame.type === FRAME.cancel) return this.close();
    const request = this.#pending.get(frame.id);
    if (!request) return;
    if (frame.type === FRAME.response) return request.answer(frame.payload as Buffer);
    const refusal = decodeRefusal(frame.payload);
    if (!refusal) return this.close();
    request.fail(new LinkError("refused", refusal.text, { detail: refusal.code }));
  }
}
