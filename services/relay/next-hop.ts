import type { Pubkey } from "@swarmpost/crypto";
import type { NetworkView } from "@swarmpost/network-view";
import { encodeHopFrame, type OnionRequest } from "@swarmpost/onion";
import { LinkError, type PeerLinks } from "@swarmpost/rpc";
import { type Answer, busyAnswer, decodeHopAnswer, textAnswer, timeoutAnswer } from "./answer.ts";
import { type Caller, timeFor } from "./caller.ts";
import type { RelayMetrics } from "./metrics.ts";
import { PEER_KIND } from "./peer-kind.ts";

/** What sending on needs. */
export interface NextHopParts {
  readonly links: Pick<PeerLinks, "request">;
  readonly view: () => Pick<NetworkView, "registered">;
  readonly metrics: Pick<RelayMetrics, "hops" | "hopSeconds">;
}

/**
 * Sends a layer to the next node and hands its answer back byte for byte. The texts are part of the protocol: clients
 * match on them and drop the node they name. Source: Session storage server 2.11.
 */
export class NextHop {
  readonly #timeoutMs: number;
  readonly #parts: NextHopParts;

  constructor(options: { readonly timeoutMs: number }, parts: NextHopParts) {
    this.#timeoutMs = options.timeoutMs;
    this.#parts = parts;
  }

  /** Waits no longer than the caller does: one who is gone is not asked for, and one who leaves is told of. */
  async forward(next: Pubkey, request: OnionRequest, caller: Caller): Promise<Answer> {
    const { links, view, metrics } = this.#parts;
    if (!view().registered(next)) {
      metrics.hops.inc({ result: "not_found" });
      caller.log.step("next_hop_failed", { reason: "not_found" });
      return textAnswer(502, `Next node not found: ${next}`);
    }
    const deadlineMs = timeFor(caller, this.#timeoutMs);
    if (deadlineMs === 0) {
      metrics.hops.inc({ result: "timeout" });
      return timeoutAnswer;
    }
    const start = performance.now();
    const { signal } = caller;
    try {
      const answer = await links.request(next, PEER_KIND.hop, encodeHopFrame(request), { deadlineMs, signal });
      metrics.hops.inc({ result: "answered" });
      caller.log.step("next_hop_answered", { size_bytes: answer.length });
      return decodeHopAnswer(answer);
    } catch (error) {
      caller.log.step("next_hop_failed", { reason: error instanceof LinkError ? error.code : "unreadable" });
      return this.#failed(next, error);
    } finally {
      metrics.hopSeconds.observe((performance.now() - start) / 1_000);
    }
  }

  #failed(next: Pubkey, error: unknown): Answer {
    const { hops } = this.#parts.metrics;
    switch (error instanceof LinkError ? error.code : "refused") {
      case "unreachable":
      case "lost":
        hops.inc({ result: "unreachable" });
        return textAnswer(502, `Next node is currently unreachable: ${next}`);
      case "timeout":
        hops.inc({ result: "timeout" });
        return timeoutAnswer;
      case "cancelled":
        hops.inc({ result: "cancelled" });
        return timeoutAnswer;
      case "overloaded":
        hops.inc({ result: "busy" });
        return busyAnswer;
      case "refused":
        hops.inc({ result: "refused" });
        return textAnswer(500, "Invalid response from snode");
    }
  }
}
