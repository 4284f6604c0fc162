import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Answer, textAnswer } from "./answer.ts";
import type { Endpoint, RelayMetrics } from "./metrics.ts";
import { declaredLength, readBody } from "./read-body.ts";
import { RelayError, refusal } from "./relay-error.ts";
import { respond } from "./respond.ts";
import type { WorkLimit } from "./work-limit.ts";

/** A request as a route sees it. */
export interface EdgeRequest {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  /** Client's IP address. */
  readonly address: string;
  /** Reads the body (10 MiB at most by default), after checking its length and taking a place among those under way. */
  readonly body: (maxBytes?: number) => Promise<Buffer>;
}

/** One route: a path with its method, and what answers it. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: (request: EdgeRequest) => Promise<Answer>;
}

/** Where the edge listens. */
export interface EdgeOptions {
  readonly host: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  readonly bodyTimeoutMs: number;
}

/** What the edge needs. */
export interface EdgeParts {
  readonly routes: readonly Route[];
  readonly work: WorkLimit;
  readonly metrics: Pick<RelayMetrics, "requests" | "requestSeconds" | "bodyBytes" | "busy">;
  readonly onError: (error: unknown) => void;
}

const GRACE_MS = 5_000;
const internalError = textAnswer(500, "Exception caught with processing client request: internal error");

/** The HTTPS port for clients. Routes answer; this bounds bodies, time and work, and turns refusals into responses. */
export class EdgeServer implements AsyncDisposable {
  readonly #options: EdgeOptions;
  readonly #parts: EdgeParts;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;
  /** Every accepted connection, those in the middle of their handshake included. */
  readonly #accepted = new Set<Socket>();

  constructor(options: EdgeOptions, parts: EdgeParts) {
    this.#options = options;
    this.#parts = parts;
    this.#routes = new Map(parts.routes.map((route) => [`${route.method} ${route.path}`, route]));
    this.#server = createServer({
      cert: options.cert,
      key: options.key,
      headersTimeout: Math.min(10_000, options.bodyTimeoutMs),
      requestTimeout: options.bodyTimeoutMs,
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 1_000,
      handshakeTimeout: 10_000,
    });
    this.#server.on("request", (request, response) => void this.#serve(request, response));
    // Without this listener Node would say "100 Continue" before the length is checked.
    this.#server.on("checkContinue", (request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket: Socket) => {
      this.#accepted.add(socket);
      socket.once("close", () => this.#accepted.delete(socket));
    });
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** The port as bound. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Binds the port and serves. Throws when the address is in use. */
  async listen(): Promise<void> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, "listening");
  }

  /** Takes no more connections, lets requests under way end within the grace time, then cuts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => {
      for (const socket of this.#accepted) socket.destroy();
    }, GRACE_MS);
    await closed;
    clearTimeout(force);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now();
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const route = this.#routes.get(`${request.method} ${path}`);
    using scope = new DisposableStack();
    const { answer, close } = await this.#answer(route, path, this.#edgeRequest(request, response, scope));
    const gone = answer === undefined || response.destroyed;
    if (answer && !gone) respond(request, response, answer, { close, headers: route?.headers });
    const endpoint = route?.endpoint ?? "other";
    this.#parts.metrics.requests.inc({ endpoint, result: gone ? "aborted" : resultOf(answer) });
    this.#parts.metrics.requestSeconds.observe({ endpoint }, (performance.now() - start) / 1_000);
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
      this.#parts.onError(error);
      return { answer: internalError, close: false };
    }
  }

  #edgeRequest(request: IncomingMessage, response: ServerResponse, scope: DisposableStack): EdgeRequest {
    return {
      method: request.method ?? "",
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      },
      address: request.socket.remoteAddress ?? "",
      body: async (maxBytes) => {
        declaredLength(request, maxBytes);
        const place = this.#parts.work.enter();
        if (!place) {
          this.#parts.metrics.busy.inc({ by: "client" });
          throw refusal(503, "Server busy, try again later", { close: true });
        }
        scope.use(place);
        if (request.headers.expect !== undefined) response.writeContinue();
        const body = await readBody(request, place, maxBytes);
        if (!body) throw new RelayError("aborted", "the client went away");
        this.#parts.metrics.bodyBytes.observe(body.length);
        return body;
      },
    };
  }
}

function resultOf(answer: Answer): "ok" | "client_error" | "server_error" {
  if (answer.status < 400) return "ok";
  return answer.status < 500 ? "client_error" : "server_error";
}
