import { Server, ServerCredentials } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "./frame.ts";
import { joinAddress } from "./grpc-server.ts";
import type { LinkHandler } from "./link.ts";
import { LinkAcceptor } from "./link-acceptor.ts";
import { requireLoopback } from "./plain-host.ts";

/** Where a link inside the pod is served. */
export interface LocalLinkServerOptions {
  host: string;
  /** 0 picks any free port. */
  port: number;
  /** Milliseconds that requests under way get on disposal. Default 5,000. */
  graceMs?: number;
  /** Told of everything the handler threw that was not a LinkRefusal. */
  onError?: (error: unknown) => void;
}

/** Serves links over plain gRPC, for callers on the same loopback only: anybody who can connect is believed. */
export class LocalLinkServer implements AsyncDisposable {
  readonly #options: LocalLinkServerOptions;
  readonly #server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  readonly #links: LinkAcceptor;
  #port = 0;

  constructor(options: LocalLinkServerOptions, handler: LinkHandler) {
    this.#options = options;
    this.#links = new LinkAcceptor({ handler, onError: options.onError ?? (() => {}) });
    this.#links.addTo(this.#server, () => undefined);
  }

  /** `host:port` as bound. Only meaningful after `listen`. */
  get address(): string {
    return joinAddress(this.#options.host, this.#port);
  }

  /** Binds the port and serves. Throws when the address is in use. @throws RpcError `failed-precondition` for an address that is no loopback */
  async listen(): Promise<void> {
    requireLoopback(this.#options.host);
    const target = joinAddress(this.#options.host, this.#options.port);
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  /** Says goodbye, lets requests under way end within the grace time, then cuts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await this.#links.drain(this.#options.graceMs ?? 5_000);
    this.#server.forceShutdown();
    await stopped;
  }
}
