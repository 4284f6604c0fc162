import { pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { ExchangeRequest } from "@swarmpost/protos";
import { RpcError } from "@swarmpost/rpc";
import { MAX_EXCHANGED, mostDigests, priceOf, tooLong } from "./exchange-bounds.ts";
import type { TestSuiteMetrics } from "./metrics.ts";
import type { PeerBudget } from "./peer-budget.ts";
import { digestsOf, type ProofExchange } from "./proof-exchange.ts";
import type { RegistryFollower } from "./registry-follower.ts";

/** What the RPC works with. */
export interface ExchangeProofsParts {
  readonly exchange: ProofExchange;
  readonly budget: PeerBudget;
  readonly registry: RegistryFollower;
  readonly metrics: TestSuiteMetrics;
}

/** ProofService.Exchange: judges what another cluster sent, and answers with what it lacks and what we would like. */
export function exchangeProofs(parts: ExchangeProofsParts) {
  return async (request: ExchangeRequest) => {
    try {
      admit(request, parts);
    } catch (error) {
      parts.metrics.exchanges.answered.inc({ result: "refused" });
      throw error;
    }
    const { exchange, metrics } = parts;
    exchange.take(request.proofs);
    const want = exchange.wantedFrom(request.have).map(pubkeyBytes);
    const proofs = await exchange.lackedBy([...request.have, ...digestsOf(request.proofs)]);
    metrics.exchanges.answered.inc({ result: "done" });
    return { proofs: proofs.map((signed) => ({ ...signed })), want };
  };
}

function admit(request: ExchangeRequest, { registry, budget }: ExchangeProofsParts): void {
  const { proofs, have } = request;
  if (request.peer.length !== 32) throw new RpcError("invalid-argument", "peer must have 32 bytes");
  if (proofs.length > MAX_EXCHANGED) throw new RpcError("invalid-argument", "too many proofs in one message");
  if (tooLong(proofs, have.length)) throw new RpcError("invalid-argument", "the message is too long");
  if (!registry.known) throw new RpcError("unavailable", "the registry is not known yet");
  const peer = pubkey(request.peer);
  if (!registry.has(peer)) throw new RpcError("permission-denied", "the peer is not registered");
  if (have.length > mostDigests(registry.nodes.size)) {
    throw new RpcError("invalid-argument", "more digests than there are nodes");
  }
  if (!budget.spend(peer, priceOf(proofs.length, have.length))) {
    throw new RpcError("resource-exhausted", "too many proofs in a minute");
  }
}
