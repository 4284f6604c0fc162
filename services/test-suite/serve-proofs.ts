import { type CallContext, RpcError } from "@swarmpost/rpc";
import type { ProofBook } from "./proof-book.ts";
import { acceptedProof, type ProofFeed } from "./proof-feed.ts";

/** ProofService.GetProofs: the latest valid proof of each node. */
export function getProofs(book: ProofBook) {
  return async () => ({ proofs: [...book.all()].map(acceptedProof) });
}

/** ProofService.WatchProofs: all proofs, then changes, until the caller goes or `stop` ends it with "unavailable". */
export function watchProofs(feed: ProofFeed, stop: AbortSignal) {
  return async function* (_request: unknown, call: CallContext) {
    yield* feed.watch(AbortSignal.any([call.signal, stop]));
    if (stop.aborted) throw new RpcError("unavailable", "test-suite is shutting down");
  };
}
