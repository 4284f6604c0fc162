import type { NodeKeys } from "@swarmpost/crypto";
import { hexToBytes } from "@swarmpost/encoding";
import type { NetworkView } from "@swarmpost/network-view";
import { seedSignatureText, signSeedAnswer } from "@swarmpost/onion";
import type { Clock } from "@swarmpost/runtime";
import { isWhole, SeedList } from "./seed-list.ts";
import type { SeedQuery } from "./seed-query.ts";

/** A signature is used again for this long: clients take answers of the last ten minutes. */
const SIGNATURE_MS = 5_000;
const NO_HASH = Buffer.alloc(32);

/**
 * Answers to `get_service_nodes`: the result for Session clients and the signature for ours
 * (docs/protocol/seed-answer.md). What does not change is made once for each view.
 */
export class SeedAnswers {
  readonly #keys: NodeKeys;
  readonly #clock: Clock;
  #list: SeedList | undefined;
  #signed: { readonly text: string; readonly t: number } | undefined;

  constructor(options: { readonly keys: NodeKeys }, parts: { readonly clock: Clock }) {
    this.#keys = options.keys;
    this.#clock = parts.clock;
  }

  /**
   * JSON text of `result` and of the extra field `swarmpost`. The latter is there only when the answer is the whole list of
   * active nodes: a signed selection could be shown to another client as the whole network.
   */
  answer(query: SeedQuery, view: NetworkView): { result: string; swarmpost: string | undefined } {
    if (query.pollBlockHash !== undefined && query.pollBlockHash === view.blockHash) {
      return { result: `{"status":"OK","unchanged":true}`, swarmpost: undefined };
    }
    const list = this.#listOf(view);
    const height = `"height":${view.height},"target_height":${view.height},"block_hash":"${view.blockHash}"`;
    const states = `"service_node_states":[${list.states(query)}]`;
    const result = `{"status":"OK",${height},"hardfork":19,"snode_revision":3,${states}}`;
    return { result, swarmpost: isWhole(query) ? this.#signature(list) : undefined };
  }

  #listOf(view: NetworkView): SeedList {
    if (this.#list?.view === view) return this.#list;
    this.#signed = undefined;
    this.#list = new SeedList(view);
    return this.#list;
  }

  #signature(list: SeedList): string {
    const t = this.#clock.now();
    if (this.#signed && t - this.#signed.t <= SIGNATURE_MS) return this.#signed.text;
    const { view, total } = list;
    const [blockHash, mapHash] = [hashBytes(view.blockHash), hashBytes(view.mapHash)];
    const statement = { t, height: Number(view.height), blockHash, mapHash, total };
    this.#signed = { t, text: seedSignatureText(signSeedAnswer(list.digest, statement, this.#keys)) };
    return this.#signed.text;
  }
}

function hashBytes(hex: string): Buffer {
  return hexToBytes(hex, NO_HASH.length) ?? NO_HASH;
}
