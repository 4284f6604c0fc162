import type { RpcError } from "@swarmpost/storage-rpc";

/** JSON that is text already: it holds numbers of 64 bits, or was made for many. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The answer to one request: an HTTP-like status, and an object (JSON), bytes or text as body. */
export interface Answer {
  readonly status: number;
  readonly body: object | JsonText | Uint8Array | string;
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

/** A body as JSON within another answer: text becomes a string, bytes base64. */
export function bodyJson(body: Answer["body"]): string {
  if (body instanceof JsonText) return body.text;
  return JSON.stringify(body instanceof Uint8Array ? Buffer.from(body).toString("base64") : body);
}

/** The status and body that a request alone would have had, as JSON within another answer. */
export function resultJson({ status, body }: Answer): string {
  return `{"code":${status},"body":${bodyJson(body)}}`;
}
