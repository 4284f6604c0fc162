import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type NodeKeys, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { decodeHopFrame } from "@swarmpost/onion";
import { ExchangeRequestSchema, ExchangeResponseSchema, type ProofService } from "@swarmpost/protos";
import { type Client, type LinkHandler, LinkRefusal, type LinkRequest } from "@swarmpost/rpc";
import { type Answer, busyAnswer, encodeHopAnswer, textAnswer } from "./answer.ts";
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
        return encodeHopAnswer(await hop(parts, peer, request));
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

async function hop(parts: PeerEndpointParts, peer: Pubkey, request: LinkRequest): Promise<Answer> {
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
  return parts.onions.answer({ ...layer, hopNo: Math.max(1, layer.hopNo) }, request);
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
