import { type ActiveNodesRequest, parseActiveNodes } from "./active-nodes.ts";
import { type BatchOf, isObject, parseBatch } from "./batch.ts";
import type { ChangeRequest } from "./change.ts";
import { type DeleteRequest, parseDelete } from "./delete.ts";
import { parseDeleteAll } from "./delete-all.ts";
import { parseDeleteBefore } from "./delete-before.ts";
import { parseExpire } from "./expire.ts";
import { parseExpireAll } from "./expire-all.ts";
import { Fields, type Params } from "./fields.ts";
import { type GetExpiriesRequest, parseGetExpiries } from "./get-expiries.ts";
import { type GetSwarmRequest, parseGetSwarm } from "./get-swarm.ts";
import { type IfElseOf, parseIfElse } from "./ifelse.ts";
import { type InfoRequest, parseInfo } from "./info.ts";
import { MAX_DELETE_HASHES } from "./limits.ts";
import { type OxendRequest, parseOxendRequest } from "./oxend-request.ts";
import { parseRetrieve, type RetrieveRequest } from "./retrieve.ts";
import {
  parseRevoke,
  parseRevokedList,
  parseUnrevoke,
  type RevocationOf,
  type RevokedListRequest,
} from "./revocation.ts";
import { invalidRequest, RpcError } from "./rpc-error.ts";
import { parseStore, type StoreRequest } from "./store.ts";

/** A request that stands alone or within a batch. */
export type SubRequest =
  | StoreRequest
  | RetrieveRequest
  | DeleteRequest
  | ChangeRequest
  | GetExpiriesRequest
  | RevocationOf<"revoke_subaccount">
  | RevocationOf<"unrevoke_subaccount">
  | RevokedListRequest
  | GetSwarmRequest
  | OxendRequest
  | ActiveNodesRequest
  | InfoRequest;

/** A `batch` or `sequence` of requests. */
export type BatchRequest = BatchOf<SubRequest>;

/** An `ifelse` of any two requests. */
export type IfElseRequest = IfElseOf<ParsedRequest>;

/** Any request, told apart by `method`. */
export type ParsedRequest = SubRequest | BatchRequest | IfElseRequest;

/** The methods of the storage RPC and who reads their parameters: a new method is a file and a line here. */
const METHODS: ReadonlyMap<string, (fields: Fields) => SubRequest> = new Map<string, (fields: Fields) => SubRequest>([
  ["store", parseStore],
  ["retrieve", parseRetrieve],
  ["delete", parseDelete],
  ["delete_all", parseDeleteAll],
  ["delete_before", parseDeleteBefore],
  ["expire", parseExpire],
  ["expire_all", parseExpireAll],
  ["get_expiries", parseGetExpiries],
  ["revoke_subaccount", parseRevoke],
  ["unrevoke_subaccount", parseUnrevoke],
  ["revoked_subaccounts", parseRevokedList],
  ["get_swarm", parseGetSwarm],
  ["get_snodes_for_pubkey", parseGetSwarm],
  ["oxend_request", parseOxendRequest],
  ["active_nodes_bin", parseActiveNodes],
  ["info", parseInfo],
]);

/**
 * Parses `{"method", "params"}`. Other members (`jsonrpc`, `id`) are ignored.
 *
 * @throws RpcError 400 with the documented text.
 */
export function parseRequest(json: Uint8Array | string): ParsedRequest {
  const { method, params } = parseCall(json);
  const request = parseMethod(method, params, 0);
  if (!request) throw new RpcError(400, `no method ${method}`);
  return request;
}

function parseMethod(method: string, params: Params, depth: number): ParsedRequest | undefined {
  if (method === "ifelse") return parseIfElse(params, depth, parseMethod);
  if (method === "batch" || method === "sequence") return bounded(parseBatch(method, params, parseSubRequest));
  return parseSubRequest(method, params);
}

/** A batch deletes no more than one request may, and a sequence does not add waits up. */
function bounded(batch: BatchRequest): BatchRequest {
  if (batch.method === "sequence" && waits(batch)) {
    throw invalidRequest("Invalid batch request: wait is not permitted in a sequence");
  }
  if (named(batch, ["delete"]) > MAX_DELETE_HASHES) {
    throw invalidRequest(`Invalid batch request: more than ${MAX_DELETE_HASHES} message hashes to delete`);
  }
  if (named(batch, ["expire", "get_expiries"]) > MAX_DELETE_HASHES) {
    throw invalidRequest(`Invalid batch request: more than ${MAX_DELETE_HASHES} message hashes`);
  }
  return batch;
}

/** How many message hashes the subrequests of some methods name together. */
function named(batch: BatchRequest, methods: readonly string[]): number {
  const lengths = batch.requests.map((each) =>
    "messages" in each && methods.includes(each.method) ? each.messages.length : 0,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Whether a request may be answered only after a wait for messages (docs/protocol/long-poll.md). */
export function waits(request: ParsedRequest): boolean {
  if (request.method === "ifelse") return [request.yes, request.no].some((one) => one !== undefined && waits(one));
  const each = "requests" in request ? request.requests : [request];
  return each.some((one) => one.method === "retrieve" && one.waitMs > 0);
}

function parseCall(json: Uint8Array | string): { method: string; params: Params } {
  const call = parseJson(
    typeof json === "string" ? json : Buffer.from(json.buffer, json.byteOffset, json.length).toString("utf8"),
  );
  if (!isObject(call)) throw new RpcError(400, "invalid json");
  const { method, params } = call;
  if (typeof method !== "string") throw new RpcError(400, "invalid json: no `method` field");
  if (!isObject(params)) throw new RpcError(400, "invalid json: no `params` field");
  return { method, params };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RpcError(400, "invalid json");
  }
}

function parseSubRequest(method: string, params: Params): SubRequest | undefined {
  return METHODS.get(method)?.(new Fields(params));
}
