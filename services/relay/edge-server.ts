import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, busyAnswer, textAnswer } from "./answer.ts";
import { EdgeCall, type EdgeCallParts, type EdgeRequest } from "./edge-call.ts";
import { type EdgeListener, edgeListener, type EdgeListenerOptions } from "./edge-listener.ts";
import type { Endpoint, RelayMetrics } from "./metrics.ts";
import { RelayError } from "./relay-error.ts";
import { respond, type RespondOptions } from "./respond.ts";

/** One route: a path with its method, and what answers it. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: (request: EdgeRequest) => Promise<Answer>;
}

/** Where the edge listens. */
export interface EdgeOptions extends EdgeListenerOptions {
  readonly host: string;
  readonly port: number;
  /** A client that takes nothing of its answer for this long is cut off. */
  readonly answerTimeoutMs: number;
}

/** What the edge needs. */
export interface EdgeParts extends EdgeCallParts {
  readonly routes: readonly Route[];
  readonly metrics: EdgeCallParts["metrics"] & Pick<RelayMetrics, "requests" | "requestSeconds">;
  readonly onError: (error: unknown) => void;
  /** Whether the service is about to end: each answer is then the last of its connection. */
  readonly stopping: () => boolean;
}

const GRACE_MS = 5_000;
const internalError = textAnswer(500, "Exception caught with processing client request: internal error");

/** One port for clients, HTTPS or plain. Routes answer; this bounds bodies, time and work, and turns refusals into responses. */
export class EdgeServer implements AsyncDisposable {
  readonly #options: EdgeOptions;
  readonly #parts: EdgeParts;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #accepted: EdgeListener["accepted"];
  #closing = false;

  constructor(options: EdgeOptions, parts: EdgeParts) {
    this.#options = options;
    this.#parts = parts;
    this.#routes = new Map(parts.routes.map((route) => [`${route.method} ${route.path}`, route]));
    const { server, accepted } = edgeListener(options, (request, response) => this.#take(request, response));
    this.#server = server;
    this.#accepted = accepted;
  }

  /** The port as bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Binds the port and serves. Throws when the address is in use. */
  async listen(): Promise<void> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, "listening");
    this.#server.on("error", this.#parts.onError);
  }

  /** Takes no more connections, lets requests under way end within the grace time, then cuts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => {
      for (const socket of this.#accepted) socket.destroy();
    }, GRACE_MS);
    await closed;
    clearTimeout(force);
  }

  /** Nothing that goes wrong with one request may reach the process. */
  #take(request: IncomingMessage, response: ServerResponse): void {
    // Writing to a client that just went away is an event; an event without a listener would end the process.
    response.on("error", () => response.destroy());
    this.#serve(request, response).catch((error: unknown) => {
      this.#parts.onError(error);
      response.destroy();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now();
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const route = this.#routes.get(`${request.method} ${path}`);
    using call = new EdgeCall(request, response, this.#parts);
    const endpoint = route?.endpoint ?? "other";
    call.log.step("request_taken", { kind: endpoint });
    const { answer, close: broken } = await this.#answer(route, path, call);
    let sent: Answer | undefined;
    if (answer && !response.destroyed) {
      const close = broken || this.#closing || this.#parts.stopping();
      sent = call.hold(answer.body.length) ? answer : busyAnswer;
      sent = await this.#send({ request, response, call }, sent, { close, headers: route?.headers });
    }
    const result = sent && response.writableFinished ? resultOf(sent) : "aborted";
    this.#parts.metrics.requests.inc({ endpoint, result });
    const durationMs = performance.now() - start;
    this.#parts.metrics.requestSeconds.observe({ endpoint }, durationMs / 1_000);
    call.log.step("request_ended", { status: sent?.status, result, duration_ms: Math.round(durationMs) });
  }

  /** An answer that makes no HTTP response, such as one with status 0, is told as an internal error. */
  async #send(
    { request, response, call }: { request: IncomingMessage; response: ServerResponse; call: EdgeCall },
    answer: Answer,
    options: Omit<RespondOptions, "timeoutMs">,
  ): Promise<Answer> {
    const timeoutMs = this.#options.answerTimeoutMs;
    try {
      await respond(request, response, answer, { ...options, timeoutMs });
      return answer;
    } catch (error) {
      if (response.headersSent) throw error;
      call.log.failed("request_failed", error);
      await respond(request, response, internalError, { ...options, timeoutMs });
      return internalError;
    }
  }

  /** Never rejects; no answer when the client went away. */
  async #answer(
    route: Route | undefined,
    path: string,
    request: EdgeRequest,
  ): Promise<{ answer: Answer | undefined; close: boolean }> {
    if (!route) return { answer: textAnswer(404, `${request.method.toLowerCase()} ${path} Not Found`), close: false };
    try {
      return { answer: await route.answer(request), close: false };
    } catch (error) {
      const known = error instanceof RelayError ? error : undefined;
      if (known?.code === "aborted") return { answer: undefined, close: true };
      if (known?.code === "refused") return { answer: known.answer, close: known.close };
      request.log.failed("request_failed", error);
      return { answer: internalError, close: false };
    }
  }
}

function resultOf(answer: Answer): "ok" | "client_error" | "server_error" {
  if (answer.status < 400) return "ok";
  return answer.status < 500 ? "client_error" : "server_error";
}
