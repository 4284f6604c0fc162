import type { FastifyInstance, HTTPMethods } from "fastify";

/** A request that was inside an onion. */
export interface InnerRequest {
  readonly method: string;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Its answer, whole. Header names are lower case. */
export interface InnerAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const METHODS: readonly string[] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/** Headers that belong to a connection, which an inner answer has none of. */
const CONNECTION = new Set(["connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"]);

/** Whether a method is one that a request inside an onion can have. */
export function isMethod(method: string): method is HTTPMethods {
  return METHODS.includes(method);
}

/** Serves a request as if it had come over HTTP; undefined when its method is none. */
export async function innerRequest(server: FastifyInstance, request: InnerRequest): Promise<InnerAnswer | undefined> {
  const { method, endpoint, body } = request;
  if (!isMethod(method)) return undefined;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const response = await server.inject({ method, url: endpoint, headers, ...(body ? { payload: body } : {}) });
  const answered = Object.entries(response.headers)
    .filter(([name, value]) => !CONNECTION.has(name) && value !== undefined)
    .map(([name, value]) => [name, String(value)] as const);
  return { code: response.statusCode, headers: Object.fromEntries(answered), body: response.rawPayload };
}
