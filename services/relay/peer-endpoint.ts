import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type NodeKeys, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { decodeHopFrame } from "@swarmpost/onion";
import { ExchangeRequestSchema, ExchangeResponseSchema, type ProofService } from "@swarmpost/protos";
import { type Client, type LinkHandler, LinkRefusal, type LinkRequest } from "@swarmpost/rpc";
import type { RequestLog, RequestLogs } from "@swarmpost/runtime";
import { type Answer, busyAnswer, encodeHopAnswer, textAnswer } from "./answer.ts";
import type { Caller } from "./caller.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { OnionRelay } from "./onion-relay.ts";
import type { Instance } from "./instance.ts";
import { MAX_EXCHANGE_BYTES, PEER_KIND } from "./peer-kind.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { Readiness } from "./readiness.ts";
import type { WorkLimit } from "./work-limit.ts";

/** What other nodes' requests need. */
export interface PeerEndpointParts {
  readonly keys: NodeKeys;
  readonly readiness: Pick<Readiness, "reason">;
  readonly limiter: Pick<RateLimiter, "takeForNode" | "takeForProofs">;
  readonly onions: Pick<OnionRelay, "answer">;
  readonly work: WorkLimit;
  readonly instance: Pick<Instance, "nonce">;
  readonly logs: Pick<RequestLogs, "begin">;
  readonly proofs: Pick<Client<typeof ProofService>, "exchange">;
  readonly metrics: Pick<RelayMetrics, "limited" | "busy">;
}

/** Serves the relays of other nodes: onion layers, and the exchange of uptime proofs for test-suite. */
export function peerHandler(parts: PeerEndpointParts): LinkHandler {
  return async (request) => {
    const { peer } = request;
    if (!peer) throw new LinkRefusal(403, "no key");
    switch (request.kind) {
      case PEER_KIND.hop:
        return encodeHopAnswer(await loggedHop(parts, peer, request));
      case PEER_KIND.proofs:
        return exchange(parts, peer, request);
      case PEER_KIND.instance:
        if (peer === parts.keys.pubkey) return parts.instance.nonce;
        throw new LinkRefusal(403, "only for this node's own key");
      default:
        throw new LinkRefusal(404, "no such kind of request");
    }
  };
}

/** The peer is told neither the id under which this node logs its request nor what went wrong. */
async function loggedHop(parts: PeerEndpointParts, peer: Pubkey, request: LinkRequest): Promise<Answer> {
  const log = parts.logs.begin();
  log.step("hop_taken", { size_bytes: request.payload.length });
  try {
    const answer = await hop(parts, peer, request, log);
    log.step("hop_answered", { status: answer.status });
    return answer;
  } catch (cause) {
    if (cause instanceof LinkRefusal) throw cause;
    log.failed("request_failed", cause);
    throw new LinkRefusal(500, "internal error", { cause });
  }
}

async function hop(parts: PeerEndpointParts, peer: Pubkey, request: LinkRequest, log: RequestLog): Promise<Answer> {
  const { readiness, metrics, work } = parts;
  const { payload } = request;
  if (readiness.reason() !== undefined) return textAnswer(503, `Snode not ready: ${parts.keys.pubkey}`);
  if (!(await parts.limiter.takeForNode(peer))) {
    metrics.limited.inc({ by: "node" });
    return textAnswer(429, "Too Many Requests\n");
  }
  const layer = decodeHopFrame(payload);
  if (!layer) throw new LinkRefusal(400, "malformed hop frame");
  using place = work.enter();
  if (!place?.hold(payload.length)) {
    metrics.busy.inc({ by: "node" });
    return busyAnswer;
  }
  // Awaited here: the place is kept until the answer is there.
  return await parts.onions.answer({ ...layer, hopNo: Math.max(1, layer.hopNo) }, peerCaller(request, log));
}

/** A link's request as a caller; what is made only when asked for stays so. */
function peerCaller(request: LinkRequest, log: RequestLog): Caller {
  return {
    log,
    get remainingMs() {
      return request.remainingMs;
    },
    get signal() {
      return request.signal;
    },
  };
}

/** Whoever brings proofs is named by the key that TLS verified, never by what the request says. */
async function exchange(parts: PeerEndpointParts, peer: Pubkey, { payload }: LinkRequest): Promise<Uint8Array> {
  const { proofs, limiter, metrics } = parts;
  if (payload.length > MAX_EXCHANGE_BYTES) throw new LinkRefusal(413, "the exchange is too long");
  if (!(await limiter.takeForProofs(peer))) {
    metrics.limited.inc({ by: "node" });
    throw new LinkRefusal(429, "too many exchanges");
  }
  const request = decodeExchange(payload);
  try {
    const answer = await proofs.exchange({ ...request, peer: pubkeyBytes(peer) });
    return toBinary(ExchangeResponseSchema, answer);
  } catch (cause) {
    throw new LinkRefusal(503, "proofs can't be taken now", { cause });
  }
}

function decodeExchange(payload: Buffer) {
  try {
    return fromBinary(ExchangeRequestSchema, payload);
  } catch (cause) {
    throw new LinkRefusal(400, "malformed exchange", { cause });
  }
}
