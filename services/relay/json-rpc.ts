import { type NetworkView, parseServiceNodesQuery } from "@swarmpost/network-view";
import type { Answer } from "./answer.ts";
import type { SeedAnswers } from "./seed-answers.ts";

const METHODS: ReadonlySet<unknown> = new Set(["get_n_service_nodes", "get_service_nodes", "get_all_service_nodes"]);

/** What the JSON-RPC endpoint of a seed needs. */
export interface JsonRpcParts {
  readonly seeds: Pick<SeedAnswers, "answer">;
  readonly view: () => NetworkView;
}

/**
 * Answers `POST /json_rpc`, by which clients learn the network. The Content-Type of the request is not looked at: Session's
 * clients send text/plain or none. Errors are JSON-RPC's own: -32700 (HTTP 400), -32600, -32601 and -32602 (HTTP 200).
 */
export function answerJsonRpc(body: Buffer, parts: JsonRpcParts): Answer {
  const request = parse(body);
  if (request === undefined) return failure(400, null, -32700, "Parse error");
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    return failure(200, null, -32600, "Invalid Request");
  }
  const { id = 0, method, params } = request as Record<string, unknown>;
  if (!METHODS.has(method)) return failure(200, id, -32601, "Method not found");
  const query = parseServiceNodesQuery(params);
  if (!query) return failure(200, id, -32602, "Invalid params");
  const { result, swarmpost } = parts.seeds.answer(query, parts.view());
  const extra = swarmpost === undefined ? "" : `,"swarmpost":${swarmpost}`;
  return json(200, `{"jsonrpc":"2.0","id":${idText(id)},"result":${result}${extra}}`);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function failure(status: number, id: unknown, code: number, message: string): Answer {
  return json(status, `{"jsonrpc":"2.0","id":${idText(id)},"error":{"code":${code},"message":"${message}"}}`);
}

function json(status: number, text: string): Answer {
  return { status, json: true, body: Buffer.from(text, "utf8") };
}

/** An id is a number, a short text or null; anything else is not sent back. */
function idText(id: unknown): string {
  const fine = typeof id === "number" || (typeof id === "string" && id.length <= 200);
  return fine ? JSON.stringify(id) : "null";
}
