import type { NodeKeys } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { OnionError, type OnionRequest, parseOnionRequest } from "@swarmpost/onion";
import { textAnswer } from "./answer.ts";
import type { Route } from "./edge-server.ts";
import { answerJsonRpc, type JsonRpcParts } from "./json-rpc.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { OnionRelay } from "./onion-relay.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { Readiness } from "./readiness.ts";
import { type RelayError, refusal } from "./relay-error.ts";
import { STORAGE_SERVER_VERSION } from "./respond.ts";
import type { StorageRpc } from "./storage-rpc.ts";

/** A question to a seed is short; parsing 10 MiB of JSON would be too much work for a stranger to order. */
const MAX_JSON_RPC_BYTES = 65_536;

/** What the routes of the HTTPS edge need. */
export interface RouteParts {
  readonly keys: NodeKeys;
  readonly readiness: Pick<Readiness, "reason" | "viewReason">;
  readonly limiter: Pick<RateLimiter, "takeForClient" | "takeForSeed">;
  readonly storage: Pick<StorageRpc, "call">;
  readonly onions: Pick<OnionRelay, "answer">;
  readonly jsonRpc: JsonRpcParts;
  readonly limited: RelayMetrics["limited"];
}

/** All public routes. The order of their checks decides codes and is Session's (storage server 2.11). */
export function routes(parts: RouteParts): readonly Route[] {
  const stats = { status: 200, json: true, body: Buffer.from(`{"version":"${STORAGE_SERVER_VERSION}"}`) };
  return [
    storageRpc(parts),
    onionRequest(parts),
    {
      endpoint: "ping_test",
      method: "POST",
      path: "/ping_test/v1",
      headers: { "X-Oxen-Snode-Pubkey": encodeBase64(parts.keys.ed25519.publicKey) },
      answer: async () => textAnswer(200, ""),
    },
    { endpoint: "get_stats", method: "GET", path: "/get_stats/v1", answer: async () => stats },
    jsonRpc(parts),
  ];
}

/** All that is said in the clear: who is in the network, which everybody may know. */
export function seedRoutes(parts: RouteParts): readonly Route[] {
  return [jsonRpc(parts)];
}

function storageRpc(parts: RouteParts): Route {
  return {
    endpoint: "storage_rpc",
    method: "POST",
    path: "/storage_rpc/v1",
    answer: async (request) => {
      refuseUnready(parts.readiness.reason());
      await limit(parts, request.address);
      if ((request.header("x-loki-long-poll") ?? "") !== "") {
        throw refusal(410, "long polling is no longer supported, client upgrade required");
      }
      return parts.storage.call(await request.body(), request);
    },
  };
}

function onionRequest({ readiness, onions }: RouteParts): Route {
  return {
    endpoint: "onion_req",
    method: "POST",
    path: "/onion_req/v2",
    answer: async (request) => {
      refuseUnready(readiness.reason());
      return onions.answer(parse(await request.body()), request);
    },
  };
}

/** A seed names nodes as soon as it knows the network, even while its own storage is not ready. */
function jsonRpc(parts: RouteParts): Route {
  return {
    endpoint: "json_rpc",
    method: "POST",
    path: "/json_rpc",
    answer: async (request) => {
      await limit(parts, request.address);
      if (!(await parts.limiter.takeForSeed(request.address))) throw tooMany(parts);
      return answerJsonRpc(await request.body(MAX_JSON_RPC_BYTES), parts.jsonRpc);
    },
  };
}

function refuseUnready(reason: string | undefined): void {
  if (reason !== undefined) throw refusal(503, `Service node is not ready: ${reason}\n`);
}

async function limit(parts: RouteParts, address: string): Promise<void> {
  if (!(await parts.limiter.takeForClient(address))) throw tooMany(parts);
}

function tooMany({ limited }: RouteParts): RelayError {
  limited.inc({ by: "client" });
  return refusal(429, "Too Many Requests\n");
}

function parse(body: Buffer): OnionRequest {
  try {
    return parseOnionRequest(body);
  } catch (error) {
    if (error instanceof OnionError) throw refusal(400, error.message);
    throw error;
  }
}
