import { type Server, type ServerDuplexStream, Metadata } from "@grpc/grpc-js";
import type { Pubkey } from "@swarmpost/crypto";
import { LinkService } from "@swarmpost/protos";
import { CallerLoad } from "./caller-load.ts";
import { TAKES_CANCELS } from "./connection.ts";
import { methodPath } from "./method-definition.ts";
import { type ServingContext, ServingStream } from "./serving-stream.ts";

type LinkCall = ServerDuplexStream<Buffer, Buffer>;

const raw = (bytes: Buffer): Buffer => bytes;

/** Accepts link streams on a grpc-js server and knows which are open. */
export class LinkAcceptor {
  readonly #context: ServingContext;
  readonly #streams = new Set<ServingStream>();
  readonly #loads = new Map<Pubkey, CallerLoad>();

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
    const accepted = new Metadata();
    accepted.set(TAKES_CANCELS, "1");
    call.sendMetadata(accepted);
    const stream = new ServingStream(call, { peer, load: this.#loadOf(peer) }, this.#context);
    this.#streams.add(stream);
    void stream.ended.then(() => this.#streams.delete(stream));
  }

  /** Streams of one key share a load. A caller without one is inside the pod: each of its streams has its own. */
  #loadOf(peer: Pubkey | undefined): CallerLoad {
    if (peer === undefined) return new CallerLoad({ boundAnswers: false });
    const known = this.#loads.get(peer);
    if (known) return known;
    const load = new CallerLoad({ boundAnswers: true }, () => this.#loads.delete(peer));
    this.#loads.set(peer, load);
    return load;
  }

  /** Says goodbye on every stream and waits until all are gone. */
  async drain(graceMs: number): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.drain(graceMs)));
  }
}
