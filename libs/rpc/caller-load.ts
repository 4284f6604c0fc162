/** While more than this is being handled or waits to be read by a caller, none of its streams is read. */
const MAX_LOAD_BYTES = 32 * 1024 * 1024;
const MAX_HANDLING = 16_384;
/** Answers that a peer may leave unread; more are refused instead of kept. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A stream as its caller's load sees it. */
export interface LoadedStream {
  /** Bytes of answers that wait to be read. */
  readonly queuedBytes: number;
  /** Stops or goes on reading. */
  setReading(reading: boolean): void;
}

/** What one caller has under way, over all its streams: a second connection buys no second share. */
export class CallerLoad {
  readonly #streams = new Set<LoadedStream>();
  readonly #maxAnswerBytes: number;
  readonly #onIdle: () => void;
  #handling = 0;
  #handlingBytes = 0;

  /** `onIdle` is told when no stream is open and no handler runs any more. */
  constructor(options: { boundAnswers: boolean }, onIdle: () => void = () => {}) {
    this.#maxAnswerBytes = options.boundAnswers ? MAX_ANSWER_BYTES : Number.POSITIVE_INFINITY;
    this.#onIdle = onIdle;
  }

  join(stream: LoadedStream): void {
    this.#streams.add(stream);
    this.balance();
  }

  leave(stream: LoadedStream): void {
    this.#streams.delete(stream);
    this.#changed();
  }

  /** A handler starts with a payload of this many bytes. */
  start(bytes: number): void {
    this.#handling += 1;
    this.#handlingBytes += bytes;
    this.balance();
  }

  /** A handler ended. */
  end(bytes: number): void {
    this.#handling -= 1;
    this.#handlingBytes -= bytes;
    this.#changed();
  }

  /** Whether an answer of this many bytes may wait until the caller reads it. */
  hasRoomFor(bytes: number): boolean {
    return this.#queuedBytes() + bytes <= this.#maxAnswerBytes;
  }

  /** Lets the streams be read, or not, by what is under way. */
  balance(): void {
    const full = this.#handlingBytes + this.#queuedBytes() > MAX_LOAD_BYTES || this.#handling > MAX_HANDLING;
    for (const stream of this.#streams) stream.setReading(!full);
  }

  #changed(): void {
    this.balance();
    if (this.#streams.size === 0 && this.#handling === 0) this.#onIdle();
  }

  #queuedBytes(): number {
    let bytes = 0;
    for (const { queuedBytes } of this.#streams) bytes += queuedBytes;
    return bytes;
  }
}
