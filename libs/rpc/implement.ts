import { create, type DescMethod, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ServerCallContext } from "./call-context.ts";
import type { CallContext, Handlers } from "./contract.ts";
import type { GrpcServer } from "./grpc-server.ts";
import { deserializer, methodPath, serializer } from "./method-definition.ts";
import { toStatus } from "./rpc-error.ts";

type Init = MessageInitShape<DescMethod["output"]>;
type UnaryHandler = (request: unknown, call: CallContext) => Promise<Init>;
type StreamHandler = (request: unknown, call: CallContext) => AsyncIterable<Init>;
type AnyHandler = UnaryHandler | StreamHandler;
type OnError = (method: string, error: unknown) => void;

/**
 * Registers the handlers of a protobuf-es service. A handler that throws an RpcError decides the status of the call;
 * anything else it throws becomes "internal" without its text and is given to the server's `onError`.
 */
export function implement<S extends DescService>(server: GrpcServer, service: S, handlers: Handlers<S>): void {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const handler = (handlers as unknown as Record<string, AnyHandler>)[method.localName];
    if (!handler) continue;
    definition[method.localName] = {
      path: methodPath(method),
      requestStream: false,
      responseStream: method.methodKind === "server_streaming",
      requestSerialize: serializer(method.input),
      requestDeserialize: deserializer(method.input),
      responseSerialize: serializer(method.output),
      responseDeserialize: deserializer(method.output),
    };
    implementation[method.localName] = grpcHandler(method, handler.bind(handlers), server.onError);
  }
  server.add(definition, implementation);
}

function grpcHandler(method: DescMethod, handler: AnyHandler, onError: OnError) {
  switch (method.methodKind) {
    case "unary":
      return unary(method, handler as UnaryHandler, onError);
    case "server_streaming":
      return serverStreaming(method, handler as StreamHandler, onError);
    default:
      throw new TypeError(`${method.name}: streams of requests are carried by links, not by this bridge`);
  }
}

function unary(method: DescMethod, handler: UnaryHandler, onError: OnError) {
  return async (call: ServerUnaryCall<unknown, object>, callback: sendUnaryData<object>): Promise<void> => {
    const context = new ServerCallContext(call);
    try {
      const response = await handler(call.request, context);
      callback(null, create(method.output, response));
    } catch (error) {
      callback(report(method, error, onError));
    } finally {
      context.release();
    }
  };
}

function serverStreaming(method: DescMethod, handler: StreamHandler, onError: OnError) {
  return async (call: ServerWritableStream<unknown, object>): Promise<void> => {
    const context = new ServerCallContext(call);
    const flow = new WriteFlow(call);
    call.on("error", ignore);
    try {
      for await (const message of handler(call.request, context)) {
        if (call.cancelled) return;
        if (!call.write(create(method.output, message))) await flow.drained();
      }
      call.end();
    } catch (error) {
      if (!call.cancelled) call.emit("error", report(method, error, onError));
    } finally {
      context.release();
    }
  };
}

/** Waits for room in a response stream with one listener for the whole call; a cancelled call never waits. */
class WriteFlow {
  readonly #call: ServerWritableStream<unknown, object>;
  #wake: (() => void) | undefined;

  constructor(call: ServerWritableStream<unknown, object>) {
    this.#call = call;
    const wake = () => this.#wake?.();
    for (const event of ["drain", "cancelled", "close"]) call.on(event, wake);
  }

  async drained(): Promise<void> {
    if (this.#call.cancelled || this.#call.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}

/** A stream whose caller has gone reports it here too; the loop above has seen it by then. */
function ignore(): void {}

function report(method: DescMethod, error: unknown, onError: OnError): Error & { code: number; details: string } {
  const answer = toStatus(error);
  if (answer.code === status.INTERNAL) onError(methodPath(method), error);
  return Object.assign(new Error(answer.details), answer);
}
