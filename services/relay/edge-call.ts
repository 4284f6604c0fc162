import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestLog, RequestLogs } from "@swarmpost/runtime";
import type { Caller } from "./caller.ts";
import type { ClientWork } from "./client-work.ts";
import type { RelayMetrics } from "./metrics.ts";
import { declaredLength, readBody } from "./read-body.ts";
import { RelayError, refusal } from "./relay-error.ts";
import type { Place } from "./work-limit.ts";

/** A request as a route sees it. */
export interface EdgeRequest extends Caller {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  /** Client's IP address. */
  readonly address: string;
  /** Reads the body (10 MiB at most by default) after checking its length, and takes a place among those under way. */
  readonly body: (maxBytes?: number) => Promise<Buffer>;
}

/** What a call needs of the edge. */
export interface EdgeCallParts {
  readonly work: ClientWork;
  /** How long a client waits once its request is whole, ms. */
  readonly waitMs: number;
  readonly metrics: Pick<RelayMetrics, "bodyBytes" | "busy">;
  readonly logs: Pick<RequestLogs, "begin">;
}

/** One request at the edge, with its place among those under way. To be disposed when its answer has left. */
export class EdgeCall implements EdgeRequest, Disposable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #parts: EdgeCallParts;
  readonly log: RequestLog;
  #place: Place | undefined;
  #gone: AbortController | undefined;
  #deadlineAt = Number.POSITIVE_INFINITY;

  constructor(request: IncomingMessage, response: ServerResponse, parts: EdgeCallParts) {
    this.#request = request;
    this.#response = response;
    this.#parts = parts;
    this.log = parts.logs.begin();
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? "";
  }

  get remainingMs(): number {
    return this.#response.destroyed ? 0 : Math.max(0, this.#deadlineAt - performance.now());
  }

  /** Fires when the client goes away. */
  get signal(): AbortSignal {
    if (!this.#gone) {
      const gone = new AbortController();
      this.#gone = gone;
      if (this.#response.destroyed) gone.abort();
      else this.#response.once("close", () => gone.abort());
    }
    return this.#gone.signal;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  async body(maxBytes?: number): Promise<Buffer> {
    declaredLength(this.#request, maxBytes);
    const place = this.#parts.work.open(this.address);
    if (!place) throw this.#busy();
    this.#place = place;
    if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
    const body = await readBody(this.#request, place, maxBytes);
    if (!body) throw new RelayError("aborted", "the client went away");
    if (!place.enter()) throw this.#busy();
    this.#parts.metrics.bodyBytes.observe(body.length);
    this.#deadlineAt = performance.now() + this.#parts.waitMs;
    return body;
  }

  /** Counts the bytes of the answer, which are held until the client took them; false when there is no room. */
  hold(bytes: number): boolean {
    if (this.#place?.hold(bytes) ?? true) return true;
    this.#parts.metrics.busy.inc({ by: "client" });
    return false;
  }

  #busy(): RelayError {
    this.#parts.metrics.busy.inc({ by: "client" });
    return refusal(503, "Server busy, try again later", { close: true });
  }

  [Symbol.dispose](): void {
    this.#place?.[Symbol.dispose]();
  }
}
