import { type ChannelKey, type NodeKeys, type Pubkey, serverChannelKey } from "@swarmpost/crypto";
import { encodeFinalReply, type InnerLayer, type OnionLayer, type OnionRequest, parseInner } from "@swarmpost/onion";
import { type Answer, textAnswer } from "./answer.ts";
import type { ExitClient } from "./exit-client.ts";
import type { FinalDestination } from "./final-destination.ts";
import type { LayerOutcome } from "./metrics.ts";
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

  async answer(request: OnionRequest): Promise<Answer> {
    const { count, replay } = this.#parts;
    if (request.hopNo > MAX_HOPS) {
      count("too_long");
      return textAnswer(400, "onion request max path length exceeded");
    }
    const opened = this.#open(request);
    if (!opened) {
      count("invalid_ciphertext");
      return invalidCiphertext;
    }
    if (!(await replay.isNew(request))) {
      count("replay");
      return invalidCiphertext;
    }
    const inner = readInner(opened.plaintext);
    // A final layer is counted by what it is for.
    if (inner?.kind !== "final") count(inner?.kind ?? "invalid_json");
    return inner ? this.#act(inner, request, opened.key) : sealed(textAnswer(400, "Invalid json"), opened.key);
  }

  #open(layer: OnionLayer): { key: ChannelKey; plaintext: Buffer } | undefined {
    const { secretKey, publicKey } = this.#keys.x25519;
    try {
      const key = serverChannelKey(layer.encType, secretKey, publicKey, layer.ephemeralKey);
      const plaintext = key.open(layer.ciphertext);
      return plaintext && { key, plaintext };
    } catch {
      // An ephemeral key of small order: nobody's layer.
      return undefined;
    }
  }

  async #act(inner: InnerLayer, request: OnionRequest, key: ChannelKey): Promise<Answer> {
    switch (inner.kind) {
      case "final": {
        const answer = await this.#parts.final.answer(inner.body, request.hopNo);
        return sealed(answer, key, inner);
      }
      case "server": {
        const answer = await this.#parts.exit.post(inner);
        return answer === "refused" ? sealed(textAnswer(400, "Invalid url"), key) : answer;
      }
      case "node":
        return this.#forward(inner.next, { ...inner, hopNo: request.hopNo + 1 });
    }
  }

  #forward(next: Pubkey, request: OnionRequest): Promise<Answer> {
    return next === this.#keys.pubkey ? this.answer(request) : this.#parts.hop.forward(next, request);
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
  const reply = { status: answer.status, body: answer.body.toString("utf8"), json: answer.json };
  return { status: 200, body: encodeFinalReply(reply, options, key), json: false };
}
