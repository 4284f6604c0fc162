import { Client as GrpcClient, credentials } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "./frame.ts";

/** How a channel reaches its server. */
export interface ChannelOptions {
  /** PEM; plain when absent. */
  tls?: { readonly ca: string; readonly certificate: string; readonly key: string } | undefined;
  /** Name that the server's certificate must be for, when `address` holds an IP address that the name resolved to. */
  serverName?: string | undefined;
}

/** A connection to one gRPC server: made when first used, kept, re-made by itself with backoff. Calls fail fast. */
export interface Channel extends AsyncDisposable {
  readonly address: string;
}

/** The grpc-js client behind a channel. */
export class GrpcChannel implements Channel {
  readonly address: string;
  readonly client: GrpcClient;

  constructor(address: string, options: ChannelOptions) {
    this.address = address;
    const { tls, serverName } = options;
    const secure = tls
      ? credentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.certificate))
      : credentials.createInsecure();
    const named = tls !== undefined && serverName !== undefined;
    this.client = new GrpcClient(address, secure, {
      ...(named ? { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName } : {}),
      "grpc.enable_http_proxy": 0,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.service_config_disable_resolution": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
      "grpc.dns_min_time_between_resolutions_ms": 1_000,
      "grpc.keepalive_time_ms": 20_000,
      "grpc.keepalive_timeout_ms": 10_000,
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
  }
}

/** Opens a channel to `host:port`. Never fails and does not wait: the first call connects. */
export function openChannel(address: string, options: ChannelOptions = {}): Channel {
  return new GrpcChannel(address, options);
}
