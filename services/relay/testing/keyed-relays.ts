import { type NodeKeys, type Pubkey, pubkey } from "@swarmpost/crypto";
import { parseOnionRequest, type ServerLayer } from "@swarmpost/onion";
import { createLogger, Metrics, RequestLogs } from "@swarmpost/runtime";
import { type Answer, textAnswer } from "../answer.ts";
import type { Caller } from "../caller.ts";
import { relayMetrics } from "../metrics.ts";
import { OnionRelay } from "../onion-relay.ts";

/** What is known of a node whose seed is not: enough to peel onions, not enough for links. All hex. */
export interface KeyedNode {
  readonly pubkey_ed25519: string;
  readonly pubkey_x25519: string;
  readonly x25519_secret: string;
}

/** What lies behind the relays. */
export interface Beyond {
  /** The storage RPC of the destination, by its Ed25519 key. */
  readonly storage: (node: Pubkey, body: Buffer) => Promise<Answer>;
  /** A server outside. */
  readonly server: (layer: ServerLayer) => Promise<Answer>;
}

/** Relays with given keys that hand layers to each other directly: real onions, no links. */
export class KeyedRelays {
  readonly #relays = new Map<string, OnionRelay>();
  readonly #logs = new RequestLogs(createLogger({ service: "relay", level: "error" }));

  constructor(nodes: Iterable<KeyedNode>, beyond: Beyond) {
    const { layers, layerSeconds: seconds } = relayMetrics(new Metrics());
    for (const node of nodes) {
      const keys = keysOf(node);
      const parts = {
        replay: { isNew: async () => true },
        final: { answer: (body: Buffer) => beyond.storage(keys.pubkey, body) },
        hop: {
          forward: (
            next: Pubkey,
            request: Parameters<OnionRelay["answer"]>[0],
            caller: Pick<Caller, "remainingMs" | "log">,
          ) => this.#forward(next, request, caller),
        },
        exit: { post: (layer: ServerLayer) => beyond.server(layer) },
        count: (outcome: Parameters<typeof layers.inc>[0]["outcome"]) => layers.inc({ outcome }),
        seconds,
      };
      this.#relays.set(keys.pubkey, new OnionRelay({ keys }, parts));
    }
  }

  /** Gives the body of `POST /onion_req/v2` to the node with this Ed25519 key. @throws OnionError `malformed` */
  async enter(guard: string, body: Buffer): Promise<Answer> {
    const caller = { remainingMs: 30_000, signal: new AbortController().signal, log: this.#logs.begin() };
    return await this.#relays.get(guard)!.answer(parseOnionRequest(body), caller);
  }

  async #forward(
    next: Pubkey,
    request: Parameters<OnionRelay["answer"]>[0],
    caller: Pick<Caller, "remainingMs" | "log">,
  ): Promise<Answer> {
    const relay = this.#relays.get(next);
    if (relay === undefined) return textAnswer(502, `Next node not found: ${next}`);
    return await relay.answer(request, { ...caller, signal: new AbortController().signal });
  }
}

function keysOf(node: KeyedNode): NodeKeys {
  const none = Buffer.alloc(0);
  return {
    pubkey: pubkey(node.pubkey_ed25519),
    ed25519: { publicKey: Buffer.from(node.pubkey_ed25519, "hex"), secretKey: none, seed: none },
    x25519: {
      publicKey: Buffer.from(node.pubkey_x25519, "hex"),
      secretKey: Buffer.from(node.x25519_secret, "hex"),
    },
  };
}
