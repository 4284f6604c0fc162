import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { type ConnectionInjector, Server, ServerCredentials } from "@grpc/grpc-js";
import { certificatePubkey, type Pubkey } from "@swarmpost/crypto";
import { MAX_MESSAGE_BYTES } from "./frame.ts";
import { joinAddress } from "./grpc-server.ts";
import { pem } from "./https-certificate.ts";
import type { LinkHandler } from "./link.ts";
import { LinkAcceptor } from "./link-acceptor.ts";
import { nodeKeyPem } from "./node-certificate.ts";
import type { PeerIdentity } from "./peer-identity.ts";
import { PeerSockets } from "./peer-sockets.ts";

/** Where a node serves its peers and who it is. */
export interface PeerServerOptions extends PeerIdentity {
  host: string;
  /** 0 picks any free port. */
  port: number;
  /** Milliseconds that requests under way get on disposal. Default 5,000. */
  graceMs?: number;
  /** Told of everything the handler threw that was not a LinkRefusal. */
  onError?: (error: unknown) => void;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Serves peer links: TLS 1.3 both ways, self-signed certificates on node keys, and only keys that `admit` lets in. TLS is
 * ours (node:tls) because grpc-js does not show a server the certificate of a self-signed peer.
 */
export class PeerServer implements AsyncDisposable {
  readonly #options: PeerServerOptions;
  readonly #admit: (peer: Pubkey) => boolean;
  readonly #server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": 1,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
  });
  readonly #links: LinkAcceptor;
  readonly #injector: ConnectionInjector;
  readonly #front: TlsServer;
  readonly #sockets = new PeerSockets();
  /** Every accepted connection, those in the middle of their handshake included. */
  readonly #accepted = new Set<Socket>();
  #port = 0;

  constructor(options: PeerServerOptions, peers: { admit: (peer: Pubkey) => boolean; handler: LinkHandler }) {
    this.#options = options;
    this.#admit = peers.admit;
    this.#links = new LinkAcceptor({ handler: peers.handler, onError: options.onError ?? (() => {}) });
    this.#links.addTo(this.#server, (address) => this.#sockets.peerAt(address) ?? null);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#front = createServer(
      {
        key: nodeKeyPem(options.keys),
        cert: pem("CERTIFICATE", options.certificate),
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: "TLSv1.3",
        ALPNProtocols: ["h2"],
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      },
      (socket) => this.#secured(socket),
    );
    this.#front.on("connection", (socket) => {
      this.#accepted.add(socket);
      socket.once("close", () => this.#accepted.delete(socket));
    });
    this.#front.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** `host:port` as bound. Only meaningful after `listen`. */
  get address(): string {
    return joinAddress(this.#options.host, this.#port);
  }

  /** Binds the port and serves. Throws when the address is in use. */
  async listen(): Promise<void> {
    this.#front.listen(this.#options.port, this.#options.host);
    await once(this.#front, "listening");
    this.#front.on("error", (error) => this.#options.onError?.(error));
    const address = this.#front.address();
    this.#port = typeof address === "object" && address ? address.port : this.#options.port;
  }

  /** Asks `admit` again about every open connection and destroys those of keys that are no longer let in. */
  readmit(): void {
    this.#sockets.destroyUnless(this.#admit);
  }

  /** Says goodbye on every link, lets requests under way end within the grace time, then cuts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#front.close(() => resolve()));
    await this.#links.drain(this.#options.graceMs ?? 5_000);
    this.#sockets.destroyUnless(() => false);
    this.#injector.destroy();
    this.#server.forceShutdown();
    // A handshake that ends only now would be nobody's, and its connection would keep the port for ever.
    for (const socket of this.#accepted) socket.destroy();
    await closed;
  }

  #secured(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    const { raw } = socket.getPeerCertificate();
    const peer = raw ? certificatePubkey(raw) : undefined;
    if (peer === undefined || !this.#admit(peer)) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.#sockets.add(socket, peer);
    this.#injector.injectConnection(socket);
  }
}
