import type { Cache } from "@swarmpost/cache";
import { blake2b, type NodeKeys, type Pubkey } from "@swarmpost/crypto";

/** A token bucket's size and its refill. */
export interface RateBounds {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Bounds of both kinds of callers, and of clients' questions to a seed. */
export interface RateLimits {
  readonly client: RateBounds;
  /** An answer can hold the whole network: clients ask once an hour. */
  readonly seed: RateBounds;
  readonly node: RateBounds;
}

/** Exchanges of uptime proofs with one node: what an honest test-suite needs, twice over. */
const PROOF_BOUNDS: RateBounds = { capacity: 10, refillPerSecond: 1 };

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
    return this.#clients.takeToken(`rate:${this.#nameOf(address)}`, this.#limits.client);
  }

  /** Asked besides, for questions to this node as a seed. */
  takeForSeed(address: string): Promise<boolean> {
    return this.#clients.takeToken(`seed:${this.#nameOf(address)}`, this.#limits.seed);
  }

  takeForNode(node: Pubkey): Promise<boolean> {
    return this.#nodes.takeToken(`rate:${node}`, this.#limits.node);
  }

  /** Asked before a peer's proofs are even decoded. */
  takeForProofs(node: Pubkey): Promise<boolean> {
    return this.#nodes.takeToken(`proofs:${node}`, PROOF_BOUNDS);
  }

  #nameOf(address: string): string {
    return blake2b(16, Buffer.from(clientNetwork(address)), this.#secret).toString("hex");
  }
}

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 one, of which everybody has a whole network. */
export function clientNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::", 2).map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [...head];
  if (tail !== undefined) groups.push(...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0"), ...tail);
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
