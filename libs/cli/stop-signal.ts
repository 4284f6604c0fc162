/** The wish to end: Ctrl-C, `kill`, or a closed terminal. Repeated signals are the same wish. */
export interface StopSignal extends Disposable {
  /** Aborts at the first signal, with an `InterruptedError` as reason. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly received: Promise<void>;
}

/** Someone asked the program to end before it was done. */
export class InterruptedError extends Error {
  constructor() {
    super("interrupted");
    this.name = "InterruptedError";
  }
}

/** Listens for SIGINT, SIGTERM and SIGHUP until it is disposed. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = (): void => {
    controller.abort(new InterruptedError());
    resolve();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    received: promise,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, listener);
    },
  };
}
