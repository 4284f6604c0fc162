/**
 * A refusal as the client gets it: an HTTP-like status and a plain-text body (Session storage server, status table).
 * The body may quote the request; the error's own message never does, so that it is safe to log.
 */
export class RpcError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`storage request refused with status ${status}`);
    this.name = "RpcError";
    this.status = status;
    this.body = body;
  }
}

/** The 400 that every malformed parameter gives: `invalid request: <what>`. */
export function invalidRequest(what: string): RpcError {
  return new RpcError(400, `invalid request: ${what}`);
}
