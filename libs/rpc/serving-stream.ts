import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { Pubkey } from "@swarmpost/crypto";
import type { CallerLoad, LoadedStream } from "./caller-load.ts";
import { encodeRefusal, FRAME, type Frame, frameBytes, MAX_FRAME_BYTES, parseFrames } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { LinkHandler } from "./link.ts";
import { LinkRefusal } from "./link-error.ts";
import { ServingRequest } from "./serving-request.ts";

const NOTHING = Buffer.alloc(0);

/** What a serving stream needs from its server. */
export interface ServingContext {
  handler: LinkHandler;
  /** Told of everything a handler threw that was not a LinkRefusal. */
  onError: (error: unknown) => void;
}

/** Who calls: the key that TLS verified, and what it has under way on all its streams. */
export interface Caller {
  readonly peer: Pubkey | undefined;
  readonly load: CallerLoad;
}

/** The serving end of one stream: runs handlers concurrently and reads no faster than answers leave. */
export class ServingStream implements LoadedStream {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #caller: Caller;
  readonly #context: ServingContext;
  readonly #writer: FrameWriter;
  readonly #handling = new Set<ServingRequest>();
  readonly #byId = new Map<number, ServingRequest>();
  readonly #ended = Promise.withResolvers<void>();
  #closed = false;

  constructor(call: ServerDuplexStream<Buffer, Buffer>, caller: Caller, context: ServingContext) {
    this.#call = call;
    this.#caller = caller;
    this.#context = context;
    this.#writer = new FrameWriter(call, () => caller.load.balance());
    call.on("data", (message: Buffer) => this.#receive(message));
    for (const event of ["cancelled", "end", "close", "error"]) call.on(event, () => this.close());
    caller.load.join(this);
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  setReading(reading: boolean): void {
    if (this.#closed || reading !== this.#call.isPaused()) return;
    if (reading) this.#call.resume();
    else this.#call.pause();
  }

  /** Resolves when the stream is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Says goodbye: the caller sends nothing new and closes when it has its answers. Cut after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#push(FRAME.goodbye, 0, 0, NOTHING);
    const cut = setTimeout(() => this.close(), graceMs);
    await this.#ended.promise;
    clearTimeout(cut);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.close();
    for (const request of this.#handling) request.abort();
    if (!this.#call.cancelled) this.#call.end();
    this.#caller.load.leave(this);
    this.#ended.resolve();
  }

  #receive(message: Buffer): void {
    const frames = parseFrames(message);
    if (!frames || frames.some(({ type }) => type !== FRAME.request && type !== FRAME.cancel)) return this.#malformed();
    for (const frame of frames) {
      if (frame.type === FRAME.request) void this.#serve(frame);
      else this.#byId.get(frame.id)?.takeBack();
    }
  }

  #malformed(): void {
    const details = "malformed frame";
    this.#call.emit("error", Object.assign(new Error(details), { code: status.INVALID_ARGUMENT, details }));
    this.close();
  }

  async #serve(frame: Frame): Promise<void> {
    const request = new ServingRequest(this.#caller.peer, frame);
    this.#handling.add(request);
    this.#byId.set(request.id, request);
    this.#caller.load.start(request.payload.length);
    try {
      this.#answer(request, await this.#context.handler(request));
    } catch (error) {
      this.#refuse(request, error);
    } finally {
      request.release();
      this.#handling.delete(request);
      if (this.#byId.get(request.id) === request) this.#byId.delete(request.id);
      this.#caller.load.end(request.payload.length);
    }
  }

  #answer(request: ServingRequest, payload: Uint8Array): void {
    if (request.takenBack) return this.#push(FRAME.response, request.kind, request.id, NOTHING);
    if (frameBytes(FRAME.response, payload.length) > MAX_FRAME_BYTES)
      throw new TypeError("answer too long for a frame");
    if (!this.#caller.load.hasRoomFor(payload.length)) throw new LinkRefusal(503, "too many answers wait to be read");
    if (!request.expired) this.#push(FRAME.response, request.kind, request.id, payload);
  }

  #refuse(request: ServingRequest, error: unknown): void {
    if (!(error instanceof LinkRefusal)) this.#context.onError(error);
    if (request.takenBack) return this.#push(FRAME.response, request.kind, request.id, NOTHING);
    const refusal =
      error instanceof LinkRefusal ? encodeRefusal(error.code, error.message) : encodeRefusal(500, "internal error");
    if (!request.expired) this.#push(FRAME.refusal, request.kind, request.id, refusal);
  }

  #push(type: number, kind: number, id: number, payload: Uint8Array): void {
    this.#writer.push({ type, kind, id, payload, release: () => 0 });
  }
}
