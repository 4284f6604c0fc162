import { type Client as GrpcClient, type ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import { LinkService } from "@swarmpost/protos";
import { LinkError } from "./link-error.ts";
import { methodPath } from "./method-definition.ts";

/** One stream on a gRPC connection of its own. */
export interface Connection {
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  /** Whether the other end said that it knows how to be told that a request was taken back. */
  readonly takesCancels: boolean;
  /** Called once when the stream ended, for whatever reason; at once when it has already. */
  onClosed(listener: () => void): void;
  close(): void;
}

/** Opens one connection; rejects with LinkError "unreachable". Must not outlive the signal. */
export type Dial = (signal: AbortSignal) => Promise<Connection>;

const LINK_PATH = methodPath(LinkService.method.link);
const raw = (bytes: Buffer): Buffer => bytes;

/** Header by which the accepting end says that it takes cancel frames; to an older one they would be malformed. */
export const TAKES_CANCELS = "swarmpost-link-cancel";

/** Options of every gRPC client that carries a link. */
export const LINK_CLIENT_OPTIONS = {
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_retries": 0,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc-node.flow_control_window": 4 * 1024 * 1024,
} as const;

/** Opens the link stream on a client and waits until the other end has accepted it. Owns the client from now on. */
export async function openStream(client: GrpcClient, signal: AbortSignal): Promise<Connection> {
  const stream = client.makeBidiStreamRequest<Buffer, Buffer>(LINK_PATH, raw, raw, new Metadata());
  const connection = new StreamConnection(client, stream);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(new LinkError("unreachable", "no connection in time"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  stream.once("metadata", (metadata) => {
    connection.takesCancels = metadata.get(TAKES_CANCELS).length > 0;
    resolve();
  });
  connection.onClosed(() => reject(new LinkError("unreachable", "no connection", { cause: connection.error })));
  try {
    await promise;
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

class StreamConnection implements Connection {
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  takesCancels = false;
  readonly #client: GrpcClient;
  readonly #listeners: (() => void)[] = [];
  #closed = false;
  /** Why the stream ended, when it ended by an error. */
  error: unknown;

  constructor(client: GrpcClient, stream: ClientDuplexStream<Buffer, Buffer>) {
    this.#client = client;
    this.stream = stream;
    stream.on("error", (error) => {
      this.error ??= error;
      this.close();
    });
    stream.on("end", () => this.close());
    stream.on("status", () => this.close());
  }

  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stream.cancel();
    this.#client.close();
    for (const listener of this.#listeners) listener();
  }
}
