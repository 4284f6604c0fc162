import { create, type DescMethod, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions as GrpcCallOptions, type Client as GrpcClient, Metadata } from "@grpc/grpc-js";
import { type Channel, GrpcChannel } from "./channel.ts";
import type { CallOptions, Client } from "./contract.ts";
import { deserializer, methodPath, serializer } from "./method-definition.ts";
import { fromServiceError, RpcError } from "./rpc-error.ts";

const DEFAULT_DEADLINE_MS = 10_000;
/** Longer than any call lives; keeps a caller's Infinity out of timers. */
const MAX_DEADLINE_MS = 86_400_000;

/** Makes the typed client of a protobuf-es service on a channel. Calls throw RpcError; unary ones end within 10 s unless told otherwise. */
export function createClient<S extends DescService>(service: S, channel: Channel): Client<S> {
  if (!(channel instanceof GrpcChannel)) throw new TypeError("a channel made by openChannel is needed");
  const methods = service.methods.map((method) => [method.localName, callable(method, channel.client)]);
  return Object.fromEntries(methods) as Client<S>;
}

function callable(method: DescMethod, client: GrpcClient): unknown {
  switch (method.methodKind) {
    case "unary":
      return unary(method, client);
    case "server_streaming":
      return serverStreaming(method, client);
    default:
      throw new TypeError(`${method.name}: streams of requests are carried by links, not by this bridge`);
  }
}

function grpcOptions(deadlineMs: number | undefined): GrpcCallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + Math.min(deadlineMs, MAX_DEADLINE_MS) };
}

function unary(method: DescMethod, client: GrpcClient) {
  const path = methodPath(method);
  const encode = serializer(method.input);
  const decode = deserializer(method.output);
  return (init: MessageInitShape<typeof method.input>, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal, deadlineMs = DEFAULT_DEADLINE_MS } = options;
      if (signal?.aborted) return reject(new RpcError("cancelled", "cancelled before it was sent"));
      const request = create(method.input, init);
      const answer = (error: unknown, response: unknown): void => {
        signal?.removeEventListener("abort", cancel);
        if (error) reject(fromServiceError(error));
        else resolve(response);
      };
      const call = client.makeUnaryRequest(
        path,
        encode,
        decode,
        request,
        new Metadata(),
        grpcOptions(deadlineMs),
        answer,
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener("abort", cancel);
    });
}

function serverStreaming(method: DescMethod, client: GrpcClient) {
  const path = methodPath(method);
  const encode = serializer(method.input);
  const decode = deserializer(method.output);
  return async function* (init: MessageInitShape<typeof method.input>, options: CallOptions = {}) {
    const { signal, deadlineMs } = options;
    if (signal?.aborted) throw new RpcError("cancelled", "cancelled before it was sent");
    const request = create(method.input, init);
    const call = client.makeServerStreamRequest(path, encode, decode, request, new Metadata(), grpcOptions(deadlineMs));
    const cancel = (): void => call.cancel();
    signal?.addEventListener("abort", cancel);
    call.on("error", ignore);
    try {
      for await (const message of call) yield message as unknown;
    } catch (error) {
      throw fromServiceError(error);
    } finally {
      signal?.removeEventListener("abort", cancel);
      call.cancel();
    }
  };
}

/** A cancelled stream may report its end after the loop over it has gone. */
function ignore(): void {}
