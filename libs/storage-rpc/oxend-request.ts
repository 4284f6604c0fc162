import type { Fields } from "./fields.ts";
import { invalidRequest } from "./rpc-error.ts";

/** What may be asked of the chain through a node. */
export type OxendEndpoint = "get_service_nodes" | "ons_resolve";

/** `oxend_request`: what Session nodes pass to their daemon. Any node answers. */
export interface OxendRequest {
  method: "oxend_request";
  endpoint: OxendEndpoint;
  /** Any JSON; undefined when absent. */
  params: unknown;
}

/** Parses the parameters of `oxend_request`. @throws RpcError 400. */
export function parseOxendRequest(fields: Fields): OxendRequest {
  const endpoint = fields.required("endpoint", (name) => fields.string(name));
  if (endpoint !== "get_service_nodes" && endpoint !== "ons_resolve") {
    throw invalidRequest(`Invalid oxend endpoint '${endpoint}'`);
  }
  return { method: "oxend_request", endpoint, params: fields.any("params") };
}
