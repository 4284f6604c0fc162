import { type ChannelKey, type NodeKeys, type Pubkey, serverChannelKey } from "@swarmpost/crypto";
import { encodeFinalReply, type InnerLayer, type OnionLayer, type OnionRequest, parseInner } from "@swarmpost/onion";
import { type Answer, textAnswer } from "./answer.ts";
import type { Caller } from "./caller.ts";
import type { ExitClient } from "./exit-client.ts";
import type { FinalDestination } from "./final-destination.ts";
import { hopPosition, type LayerOutcome, type RelayMetrics } from "./metrics.ts";
import type { NextHop } from "./next-hop.ts";
import type { ReplayFilter } from "./replay-filter.ts";

/** A request that passed this many relays goes no further. Source: Session storage server 2.11. */
export const MAX_HOPS = 15;

const invalidCiphertext = textAnswer(400, "Invalid ciphertext");
const PLAIN_REPLY = { json: false, base64: true } as const;

/** What an onion layer meets in this node. */
export interface OnionParts {
  readonly replay: Pick<ReplayFilter, "isNew">;
  readonly final: Pick<FinalDestination, "answer">;
  readonly hop: Pick<NextHop, "forward">;
  readonly exit: Pick<ExitClient, "post">;
  readonly count: (outcome: LayerOutcome) => void;
  readonly seconds: RelayMetrics["layerSeconds"];
}

/** A layer whose inside is known. */
interface OpenedLayer {
  readonly request: OnionRequest;
  readonly key: ChannelKey;
  readonly caller: Caller;
}

/**
 * Peels one onion layer and does what is inside: answer as the destination, send on, or leave to a server. Errors are
 * plain text until the layer opened and for what comes from beyond; the rest is encrypted to the client.
 * Source: Session storage server 2.11, onion requests v2.
 */
export class OnionRelay {
  readonly #keys: NodeKeys;
  readonly #parts: OnionParts;

  constructor(options: { readonly keys: NodeKeys }, parts: OnionParts) {
    this.#keys = options.keys;
    this.#parts = parts;
  }

  /** Nothing is asked of others for longer than the caller waits. */
  async answer(request: OnionRequest, caller: Caller): Promise<Answer> {
    const startedMs = performance.now();
    try {
      return await this.#peel(request, caller);
    } finally {
      const hop = hopPosition(request.hopNo);
      this.#parts.seconds.observe({ hop }, (performance.now() - startedMs) / 1_000);
    }
  }

  async #peel(request: OnionRequest, caller: Caller): Promise<Answer> {
    const { count } = this.#parts;
    if (request.hopNo > MAX_HOPS) {
      count("too_long");
      caller.log.step("layer_refused", { reason: "too_long" });
      return textAnswer(400, "onion request max path length exceeded");
    }
    const key = this.#keyOf(request);
    const opened = key && (await this.#open(request, key));
    if (!opened || opened === "replay") {
      count(opened ?? "invalid_ciphertext");
      caller.log.step("layer_refused", { reason: opened ?? "invalid_ciphertext" });
      return invalidCiphertext;
    }
    const inner = readInner(opened);
    caller.log.step("layer_opened", { kind: inner?.kind ?? "invalid_json" });
    // A final layer is counted by what it is for.
    if (inner?.kind !== "final") count(inner?.kind ?? "invalid_json");
    return inner ? this.#act(inner, { request, key, caller }) : sealed(textAnswer(400, "Invalid json"), key);
  }

  /** Undefined for an ephemeral key of small order: nobody's layer. */
  #keyOf(layer: OnionLayer): ChannelKey | undefined {
    const { secretKey, publicKey } = this.#keys.x25519;
    try {
      return serverChannelKey(layer.encType, secretKey, publicKey, layer.ephemeralKey);
    } catch {
      return undefined;
    }
  }

  /**
   * What is inside; undefined when it does not open. An aes-cbc layer is remembered before it is tried: however its refusal
   * sounds and however long it takes, nobody can ask twice about the padding under one secret.
   */
  async #open(layer: OnionLayer, key: ChannelKey): Promise<Buffer | "replay" | undefined> {
    const { replay } = this.#parts;
    if (key.encType === "aes-cbc") return (await replay.isNew(layer, key)) ? key.open(layer.ciphertext) : "replay";
    const plaintext = key.open(layer.ciphertext);
    return plaintext === undefined || (await replay.isNew(layer, key)) ? plaintext : "replay";
  }

  async #act(inner: InnerLayer, { request, key, caller }: OpenedLayer): Promise<Answer> {
    switch (inner.kind) {
      case "final": {
        const answer = await this.#parts.final.answer(inner.body, request.hopNo, caller);
        return sealed(answer, key, inner);
      }
      case "server": {
        const answer = await this.#parts.exit.post(inner, caller);
        return answer === "refused" ? sealed(textAnswer(400, "Invalid url"), key) : answer;
      }
      case "node":
        return this.#forward(inner.next, { ...inner, hopNo: request.hopNo + 1 }, caller);
    }
  }

  #forward(next: Pubkey, request: OnionRequest, caller: Caller): Promise<Answer> {
    return next === this.#keys.pubkey ? this.answer(request, caller) : this.#parts.hop.forward(next, request, caller);
  }
}

function readInner(plaintext: Buffer): InnerLayer | undefined {
  try {
    return parseInner(plaintext);
  } catch {
    return undefined;
  }
}

/** Encrypts an answer to the client that made the layer; the outer status is then 200 whatever the inner one. */
function sealed(answer: Answer, key: ChannelKey, options: { json: boolean; base64: boolean } = PLAIN_REPLY): Answer {
  const reply = {
    status: answer.status,
    body: answer.body.toString(answer.binary === true ? "base64" : "utf8"),
    json: answer.json,
  };
  return { status: 200, body: encodeFinalReply(reply, options, key), json: false };
}
