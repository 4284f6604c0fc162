import { ClientError } from "./client-error.ts";
import type { OnionTransport, RpcReply, RpcRequest, SendOptions } from "./onion-transport.ts";
import { overPaths } from "./over-paths.ts";
import type { Path, Random } from "./path.ts";
import type { Paths } from "./paths.ts";
import { type ServiceNode, shortKey } from "./service-node.ts";

/** A destination's answer and the path it came over. */
export interface Answered {
  readonly reply: RpcReply;
  readonly path: Path;
}

/** How a node is asked. */
export interface RequestOptions extends SendOptions {
  /** Other nodes could answer as well. */
  readonly others?: boolean;
}

/** What requests to nodes go through. */
export interface NodeRequestsParts {
  readonly paths: Paths;
  readonly transport: OnionTransport;
  readonly random: Random;
}

/** Asks a named node something, over paths that do not hold it. */
export class NodeRequests {
  readonly #parts: NodeRequestsParts;

  constructor(parts: NodeRequestsParts) {
    this.#parts = parts;
  }

  /**
   * The node's answer whatever its status. A path that fails is replaced and the request sent again (`overPaths`). When
   * nobody answers in time the path or the destination may be to blame: with `others`, when other nodes could answer as well,
   * it is not tried again. Throws ClientError "path-failed" with the node when nobody could reach it, or as `overPaths`.
   */
  async send(destination: ServiceNode, request: RpcRequest, options: RequestOptions = {}): Promise<Answered> {
    const { others = false, signal } = options;
    const { paths, transport } = this.#parts;
    const outcome = await overPaths(this.#parts, {
      destination,
      signal,
      send: (path) => transport.send(path.hops, destination, request, options),
      failed: (path, failure) => {
        paths.failed(path, failure, destination.pubkey);
        return { again: failure.node !== destination.pubkey && !(others && failure.kind === "slow") };
      },
    });
    if ("reply" in outcome) return outcome;
    const { reason } = outcome.failure;
    throw new ClientError("path-failed", `node ${shortKey(destination.pubkey)} can't be reached: ${reason}`, {
      detail: { node: destination.pubkey },
    });
  }
}
