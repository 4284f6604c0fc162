import type { NodeKeys } from "@swarmpost/crypto";
import type { NetworkView } from "@swarmpost/network-view";
import { seedAnswerDigest, signSeedAnswer } from "@swarmpost/onion";
import type { Clock } from "@swarmpost/runtime";
import { type ContactedNode, isOffered, nodeText, offeredNode } from "./seed-node.ts";
import type { SeedQuery } from "./seed-query.ts";

/** Different questions remembered for one view; clients ask only a handful. */
const MAX_REMEMBERED = 32;
/** A signature is used again for this long: clients take answers of the last ten minutes. */
const SIGNATURE_MS = 5_000;

interface Remembered {
  readonly states: string;
  readonly digest: Buffer;
  signed: { readonly text: string; readonly t: number };
}

/**
 * Answers to `get_service_nodes`: the result for Session clients and the signature for ours
 * (docs/protocol/seed-answer.md). What does not change is made once for each view and question.
 */
export class SeedAnswers {
  readonly #keys: NodeKeys;
  readonly #clock: Clock;
  readonly #remembered = new Map<string, Remembered>();
  #version = -1;

  constructor(options: { readonly keys: NodeKeys }, parts: { readonly clock: Clock }) {
    this.#keys = options.keys;
    this.#clock = parts.clock;
  }

  /** JSON text of `result` and of the extra field `swarmpost`; the latter is absent when nothing changed. */
  answer(query: SeedQuery, view: NetworkView): { result: string; swarmpost: string | undefined } {
    if (query.pollBlockHash !== undefined && query.pollBlockHash === view.blockHash) {
      return { result: `{"status":"OK","unchanged":true}`, swarmpost: undefined };
    }
    const { states, signed } = this.#prepared(query, view);
    const height = `"height":${view.height},"target_height":${view.height},"block_hash":"${view.blockHash}"`;
    const result = `{"status":"OK",${height},"hardfork":19,"snode_revision":3,"service_node_states":[${states}]}`;
    return { result, swarmpost: signed.text };
  }

  #prepared(query: SeedQuery, view: NetworkView): Remembered {
    if (view.version !== this.#version) {
      this.#version = view.version;
      this.#remembered.clear();
    }
    // Random selections and lists of keys are different each time.
    if (query.limit !== 0 || query.keys) return this.#prepare(query, view);
    const key = `${query.activeOnly} ${query.fields ? [...query.fields].join(" ") : "*"}`;
    const known = this.#remembered.get(key) ?? this.#prepare(query, view);
    if (this.#clock.now() - known.signed.t > SIGNATURE_MS) known.signed = this.#sign(known.digest);
    if (this.#remembered.size < MAX_REMEMBERED) this.#remembered.set(key, known);
    return known;
  }

  #prepare(query: SeedQuery, view: NetworkView): Remembered {
    const nodes = select(query, view);
    const states = nodes.map((node) => nodeText(node, query.fields)).join(",");
    const digest = seedAnswerDigest(nodes.map(offeredNode));
    return { states, digest, signed: this.#sign(digest) };
  }

  #sign(digest: Buffer): Remembered["signed"] {
    const t = this.#clock.now();
    const { signer, signature } = signSeedAnswer(digest, t, this.#keys);
    return { t, text: `{"signer":"${signer}","t":${t},"signature":"${signature.toString("base64")}"}` };
  }
}

function select(query: SeedQuery, view: NetworkView): readonly ContactedNode[] {
  const nodes = [...view.nodes()].filter(
    (node): node is ContactedNode => isOffered(node, query.activeOnly) && (query.keys?.has(node.pubkey) ?? true),
  );
  if (query.limit === 0) return nodes;
  shuffle(nodes);
  return query.limit < 0 ? nodes : nodes.slice(0, query.limit);
}

/** Fisher-Yates. Which nodes a client is offered first needs to be spread, not secret. */
function shuffle<T>(items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}
