import type { NodeKeys } from "@swarmpost/crypto";
import { hexToBytes } from "@swarmpost/encoding";
import {
  isUnchanged,
  isWholeList,
  type NetworkView,
  ServiceNodes,
  type ServiceNodesQuery,
} from "@swarmpost/network-view";
import { seedAnswerDigest, seedSignatureText, signSeedAnswer } from "@swarmpost/onion";
import type { Clock } from "@swarmpost/runtime";
import { offeredNode } from "./seed-node.ts";

/** A signature is used again for this long: clients take answers of the last ten minutes. */
const SIGNATURE_MS = 5_000;
const NO_HASH = Buffer.alloc(32);

/** What was signed last. */
interface Statement {
  readonly view: NetworkView;
  /** Digest of all active nodes. */
  readonly digest: Buffer;
  readonly total: number;
  readonly t: number;
  readonly text: string;
}

/**
 * Answers to `get_service_nodes`: the result for Session clients and the signature for ours
 * (docs/protocol/seed-answer.md). What does not change is made once for each view.
 */
export class SeedAnswers {
  readonly #keys: NodeKeys;
  readonly #clock: Clock;
  readonly #nodes = new ServiceNodes();
  #statement: Statement | undefined;

  constructor(options: { readonly keys: NodeKeys }, parts: { readonly clock: Clock }) {
    this.#keys = options.keys;
    this.#clock = parts.clock;
  }

  /**
   * JSON text of `result` and of the extra field `swarmpost`. The latter is there only when the answer is the whole list of
   * active nodes: a signed selection could be shown to another client as the whole network.
   */
  answer(query: ServiceNodesQuery, view: NetworkView): { result: string; swarmpost: string | undefined } {
    const whole = isWholeList(query) && !isUnchanged(query, view);
    return { result: this.#nodes.result(query, view), swarmpost: whole ? this.#signature(view) : undefined };
  }

  #signature(view: NetworkView): string {
    const t = this.#clock.now();
    const last = this.#statement?.view === view ? this.#statement : undefined;
    if (last && t - last.t <= SIGNATURE_MS) return last.text;
    const { digest, total } = last ?? this.#digestOf(view);
    const [blockHash, mapHash] = [hashBytes(view.blockHash), hashBytes(view.mapHash)];
    const statement = { t, height: Number(view.height), blockHash, mapHash, total };
    const text = seedSignatureText(signSeedAnswer(digest, statement, this.#keys));
    this.#statement = { view, digest, total, t, text };
    return text;
  }

  #digestOf(view: NetworkView): { digest: Buffer; total: number } {
    const { active } = this.#nodes.listOf(view);
    return { digest: seedAnswerDigest(active.map(offeredNode)), total: active.length };
  }
}

function hashBytes(hex: string): Buffer {
  return hexToBytes(hex, NO_HASH.length) ?? NO_HASH;
}
