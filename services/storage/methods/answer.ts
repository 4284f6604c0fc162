import type { RpcError } from "@swarmpost/storage-rpc";

/** The answer to one request: an HTTP-like status, and an object (JSON) or text as body. */
export interface Answer {
  readonly status: number;
  readonly body: object | string;
}

/** 200 with a JSON body. */
export function ok(body: object): Answer {
  return { status: 200, body };
}

/** The answer that a refusal stands for. */
export function refused(error: RpcError): Answer {
  return { status: error.status, body: error.body };
}

/**
 * 503 in the words that Session clients know: they try another node of the swarm. Reasons: "database unavailable", "not
 * confirmed by a majority of the swarm", "overtaken by a newer request", "shutting down".
 */
export function notReady(reason: string): Answer {
  return { status: 503, body: `Service node is not ready: ${reason}` };
}
