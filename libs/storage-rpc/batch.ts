import type { Params } from "./fields.ts";
import { MAX_SUBREQUESTS } from "./limits.ts";
import { invalidRequest } from "./rpc-error.ts";

/** `batch` starts all subrequests at once; `sequence` one after the other up to the first that is not a 2xx. */
export interface BatchOf<Sub> {
  method: "batch" | "sequence";
  /** 1 to 20. */
  requests: Sub[];
}

/** Parses one subrequest; undefined when there is no such method. */
type ParseSub<Sub> = (method: string, params: Params) => Sub | undefined;

const META_METHODS = new Set(["batch", "sequence", "ifelse"]);

/** Parses the parameters of `batch` and `sequence`; one malformed subrequest refuses them all. @throws RpcError 400. */
export function parseBatch<Sub>(method: "batch" | "sequence", params: Params, parse: ParseSub<Sub>): BatchOf<Sub> {
  const list = params["requests"];
  if (!Array.isArray(list) || list.length === 0) {
    throw invalidRequest('Invalid batch request: no valid "requests" field');
  }
  if (list.length > MAX_SUBREQUESTS) throw invalidRequest("Invalid batch request: subrequest limit exceeded");
  return { method, requests: list.map((item) => parseItem(item, parse)) };
}

function parseItem<Sub>(item: unknown, parse: ParseSub<Sub>): Sub {
  if (!isObject(item)) throw invalidRequest("Invalid batch request: requests must be objects");
  if (typeof item["method"] !== "string" || !isObject(item["params"])) {
    throw invalidRequest("Invalid batch request: subrequests must have method/params keys");
  }
  const method = item["method"];
  if (META_METHODS.has(method)) {
    throw invalidRequest("Invalid batch subrequest: subrequests may not contain meta-requests");
  }
  const request = parse(method, item["params"]);
  if (!request) throw invalidRequest(`Invalid batch subrequest: invalid method "${method}"`);
  return request;
}

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
