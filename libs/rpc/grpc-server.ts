import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { MAX_MESSAGE_BYTES } from "./frame.ts";
import { requireLoopback } from "./plain-host.ts";

/** Where a gRPC server listens and how it stops. */
export interface GrpcServerOptions {
  host: string;
  /** 0 picks any free port; read the real one from `address`. */
  port: number;
  /** PEM; plain when absent, for loopback only. Callers must show a certificate of `ca`. */
  tls?: { readonly ca: string; readonly certificate: string; readonly key: string } | undefined;
  /** Milliseconds that calls in flight get on disposal before they are cut. Default 5,000. */
  graceMs?: number;
  /** Told of everything a handler threw that was not an RpcError; the caller only sees "internal". */
  onError?: (method: string, error: unknown) => void;
}

/** A gRPC server with the standard health service. Add services with `implement`, then `listen`. */
export class GrpcServer implements AsyncDisposable {
  readonly #options: GrpcServerOptions;
  readonly #server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  readonly #health = new HealthImplementation({ "": "NOT_SERVING" });
  #port = 0;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#health.addToServer(this.#server as never);
  }

  /** `host:port` as bound; the host is the configured one. Only meaningful after `listen`. */
  get address(): string {
    return joinAddress(this.#options.host, this.#port);
  }

  /** Registers a raw grpc-js service; services use `implement`. */
  add(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  /** Where handler errors go. */
  readonly onError = (method: string, error: unknown): void => this.#options.onError?.(method, error);

  /** Binds the port and serves. Throws when the address is in use. @throws RpcError `failed-precondition` when it would be plain for others */
  async listen(): Promise<void> {
    const { tls, host, port } = this.#options;
    if (!tls) requireLoopback(host);
    const credentials = tls
      ? ServerCredentials.createSsl(
          Buffer.from(tls.ca),
          [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) }],
          true,
        )
      : ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(joinAddress(host, port), credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.setServing(true);
  }

  /** What the gRPC health service answers. */
  setServing(serving: boolean): void {
    this.#health.setStatus("", serving ? "SERVING" : "NOT_SERVING");
  }

  /** Says NOT_SERVING, lets calls in flight end within the grace time, then cuts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.setServing(false);
    await new Promise<void>((resolve) => {
      // grpc-js never tells the end of a shutdown once a connection spoke something else than HTTP/2.
      const force = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, this.#options.graceMs ?? 5_000);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}

/** `host:port`, with brackets around an IPv6 host. */
export function joinAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
