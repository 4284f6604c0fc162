import type { Socket } from "node:net";
import { clientNetwork } from "./rate-limit.ts";

/** How much of all connections one address may have: many people can be behind one, so not too few. */
const SHARE = 4;

/**
 * Bounds the connections of one address (an IPv6 network of 64 bits counts as one) to a quarter of all, so that one sender of
 * unfinished requests locks nobody else out. Addresses are held while they are connected, and nowhere else.
 */
export class ConnectionLimit {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(maxConnections: number) {
    this.#most = Math.max(1, Math.ceil(maxConnections / SHARE));
  }

  /** Counts a new connection until it closes; false when its address has too many, and nothing is counted. */
  admit(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // It has gone already.
    if (remoteAddress === undefined) return false;
    const network = clientNetwork(remoteAddress);
    const open = this.#open.get(network) ?? 0;
    if (open >= this.#most) return false;
    this.#open.set(network, open + 1);
    socket.once("close", () => this.#left(network));
    return true;
  }

  #left(network: string): void {
    const open = (this.#open.get(network) ?? 1) - 1;
    if (open === 0) this.#open.delete(network);
    else this.#open.set(network, open);
  }
}
