import type { CallContext } from "./contract.ts";

/** The part of a grpc-js server call that cancellation needs. */
interface CancellableCall {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): unknown;
  removeListener(event: "cancelled", listener: () => void): unknown;
}

/** Call context whose AbortSignal costs nothing until a handler asks for it. */
export class ServerCallContext implements CallContext {
  readonly #call: CancellableCall;
  #controller: AbortController | undefined;
  readonly #abort = (): void => this.#controller?.abort();

  constructor(call: CancellableCall) {
    this.#call = call;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#call.cancelled) this.#controller.abort();
      else this.#call.on("cancelled", this.#abort);
    }
    return this.#controller.signal;
  }

  /** Stops listening once the call is answered. */
  release(): void {
    if (this.#controller) this.#call.removeListener("cancelled", this.#abort);
  }
}
