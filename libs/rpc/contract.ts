import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";

/** What a handler may ask about the call it answers. */
export interface CallContext {
  /** Fires when the caller cancelled, went away or its deadline passed. Made only when asked for. */
  readonly signal: AbortSignal;
}

/** How long a call may take and who may stop it. */
export interface CallOptions {
  /** Milliseconds until the call fails with "deadline-exceeded". Unary default 10,000; streams have none by default. */
  deadlineMs?: number;
  /** Stops the call with "cancelled". */
  signal?: AbortSignal;
}

/** The shape of one method as protoc-gen-es describes it. */
type Method = DescMethod & { input: DescMessage; output: DescMessage };

type Handler<M> = M extends Method & { methodKind: "unary" }
  ? (request: MessageShape<M["input"]>, call: CallContext) => Promise<MessageInitShape<M["output"]>>
  : M extends Method & { methodKind: "server_streaming" }
    ? (request: MessageShape<M["input"]>, call: CallContext) => AsyncIterable<MessageInitShape<M["output"]>>
    : never;

type Call<M> = M extends Method & { methodKind: "unary" }
  ? (request: MessageInitShape<M["input"]>, options?: CallOptions) => Promise<MessageShape<M["output"]>>
  : M extends Method & { methodKind: "server_streaming" }
    ? (request: MessageInitShape<M["input"]>, options?: CallOptions) => AsyncGenerator<MessageShape<M["output"]>, void>
    : never;

/**
 * The handlers of a service: unary methods return a promise of the response, server-streaming methods an async iterable
 * (an async generator that ends when `call.signal` fires). Streams of requests are carried by links, not by this bridge.
 */
export type Handlers<S extends DescService> = { [K in keyof S["method"]]: Handler<S["method"][K]> };

/** The typed client of a service. Every call throws RpcError. */
export type Client<S extends DescService> = { [K in keyof S["method"]]: Call<S["method"][K]> };
