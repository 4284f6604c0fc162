import { type Server, type ServerDuplexStream, Metadata } from "@grpc/grpc-js";
import type { Pubkey } from "@swarmpost/crypto";
import { LinkService } from "@swarmpost/protos";
import { methodPath } from "./method-definition.ts";
import { type ServingContext, ServingStream } from "./serving-stream.ts";

type LinkCall = ServerDuplexStream<Buffer, Buffer>;

const raw = (bytes: Buffer): Buffer => bytes;

/** Accepts link streams on a grpc-js server and knows which are open. */
export class LinkAcceptor {
  readonly #context: ServingContext;
  readonly #streams = new Set<ServingStream>();

  constructor(context: ServingContext) {
    this.#context = context;
  }

  /** Adds the link service to a server. `peerOf` names the verified caller; null refuses the stream. */
  addTo(server: Pick<Server, "addService">, peerOf: (address: string) => Pubkey | undefined | null): void {
    const link = {
      path: methodPath(LinkService.method.link),
      requestStream: true,
      responseStream: true,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    };
    server.addService({ link }, { link: (call: LinkCall) => this.#accept(call, peerOf) });
  }

  #accept(call: LinkCall, peerOf: (address: string) => Pubkey | undefined | null): void {
    const peer = peerOf(call.getPeer());
    if (peer === null) {
      call.destroy();
      return;
    }
    call.sendMetadata(new Metadata());
    const stream = new ServingStream(call, peer, this.#context);
    this.#streams.add(stream);
    void stream.ended.then(() => this.#streams.delete(stream));
  }

  /** Says goodbye on every stream and waits until all are gone. */
  async drain(graceMs: number): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.drain(graceMs)));
  }
}
