import type { Cache } from "@swarmpost/cache";
import { blake2b, type NodeKeys, type Pubkey } from "@swarmpost/crypto";

/** A token bucket's size and its refill. */
export interface RateBounds {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Bounds of both kinds of callers. */
export interface RateLimits {
  readonly client: RateBounds;
  readonly node: RateBounds;
}

/**
 * Token buckets: one for each client address that makes direct requests (in the shared cache), one for each node that
 * sends onions on (in this process: only this relay sees that link). Source of the numbers: Session storage server 2.11.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clients: Cache;
  readonly #nodes: Cache;
  readonly #secret: Buffer;

  constructor(limits: RateLimits, parts: { keys: NodeKeys; clients: Cache; nodes: Cache }) {
    this.#limits = limits;
    this.#clients = parts.clients;
    this.#nodes = parts.nodes;
    this.#secret = blake2b(32, Buffer.from("swarmpost-rate-v1"), parts.keys.ed25519.seed);
  }

  /** The address itself is kept nowhere: its bucket is named by a hash under a secret of this node. */
  takeForClient(address: string): Promise<boolean> {
    const name = blake2b(16, Buffer.from(address.replace(/^::ffff:/, "")), this.#secret).toString("hex");
    return this.#clients.takeToken(`rate:${name}`, this.#limits.client);
  }

  takeForNode(node: Pubkey): Promise<boolean> {
    return this.#nodes.takeToken(`rate:${node}`, this.#limits.node);
  }
}
