import type { TLSSocket } from "node:tls";
import type { Pubkey } from "@swarmpost/crypto";

/** Connections one key may hold; a new one beyond that replaces the oldest, which a peer that lost its network left behind. */
const MAX_SOCKETS_PER_PEER = 8;

/** The open connections of a peer server and the key that TLS verified on each. */
export class PeerSockets {
  readonly #byAddress = new Map<string, { socket: TLSSocket; peer: Pubkey }>();

  add(socket: TLSSocket, peer: Pubkey): void {
    const address = `${socket.remoteAddress}:${socket.remotePort}`;
    const entry = { socket, peer };
    const ours = [...this.#byAddress.values()].filter((other) => other.peer === peer);
    if (ours.length >= MAX_SOCKETS_PER_PEER) ours[0]?.socket.destroy();
    this.#byAddress.set(address, entry);
    socket.once("close", () => {
      if (this.#byAddress.get(address) === entry) this.#byAddress.delete(address);
    });
  }

  /** The key behind `address:port` as grpc-js reports it. */
  peerAt(address: string): Pubkey | undefined {
    return this.#byAddress.get(address)?.peer;
  }

  destroyUnless(admit: (peer: Pubkey) => boolean): void {
    for (const { socket, peer } of this.#byAddress.values()) if (!admit(peer)) socket.destroy();
  }
}
