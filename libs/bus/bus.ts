/** What a subscriber does with a message. When it returns a promise the next message of the same subscription waits for it. */
export type MessageHandler = (payload: Buffer, subject: string) => void | Promise<void>;

/** One subscription; after it is disposed its handler is not called again. */
export type Subscription = AsyncDisposable;

/** Counts since the bus was made. */
export interface BusStats {
  readonly published: number;
  /** Messages that were given up: published while disconnected or closed, or received faster than a handler took them. */
  readonly dropped: number;
  readonly received: number;
  /** Handler calls that threw or rejected. */
  readonly handlerFailures: number;
}

/**
 * Events between services. The bus may lose anything: who needs the truth also pulls it from its source, at the start, on a
 * gap and after `onReconnect`. Messages of one publisher arrive in their order; a publisher gets its own messages too.
 */
export interface Bus extends AsyncDisposable {
  /**
   * Sends to all current subscribers; never blocks, and drops the message while disconnected or closed. The payload is
   * copied or sent before this returns. @throws BusError `bad-subject`, or `too-large` above 1 MiB.
   */
  publish(subject: string, payload: Uint8Array): void;
  /**
   * Subjects are words joined by `.`; `*` stands for one word, `>` at the end for one or more. Resolves when the server knows
   * of it; while disconnected at once, and it takes effect with the connection. @throws BusError `bad-subject` or `closed`.
   */
  subscribe(subject: string, handler: MessageHandler): Promise<Subscription>;
  /** Resolves when the server has taken all that was published, or the connection is lost. */
  flush(): Promise<void>;
  readonly connected: boolean;
  /** Calls the listener each time the connection is there (again) after messages may have been missed. */
  onReconnect(listener: () => void): void;
  readonly stats: BusStats;
}

/** Largest payload, in bytes: the default limit of a NATS server. */
export const MAX_PAYLOAD_BYTES = 1_048_576;
