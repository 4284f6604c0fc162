import { ClientError } from "./client-error.ts";
import type { OnionTransport, RpcReply, RpcRequest, SendOptions } from "./onion-transport.ts";
import type { Path } from "./path.ts";
import type { Paths } from "./paths.ts";
import { type ServiceNode, shortKey } from "./service-node.ts";

const ATTEMPTS = 3;

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

/** Asks a named node something, over paths that do not hold it. */
export class NodeRequests {
  readonly #paths: Paths;
  readonly #transport: OnionTransport;

  constructor(paths: Paths, transport: OnionTransport) {
    this.#paths = paths;
    this.#transport = transport;
  }

  /**
   * The node's answer whatever its status. A path that fails is replaced and the request sent again, three times at
   * most; every try is a new onion. When nobody answers in time the path or the destination may be to blame: with
   * `others`, when other nodes could answer as well, it is not tried again. Throws ClientError "path-failed" with the
   * node when nobody could reach it, or what building a path throws.
   */
  async send(destination: ServiceNode, request: RpcRequest, options: RequestOptions = {}): Promise<Answered> {
    const { others = false } = options;
    let reason = "";
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const path = await this.#paths.get(destination);
      const outcome = await this.#transport.send(path.hops, destination, request, options);
      if ("reply" in outcome) {
        this.#paths.succeeded(path);
        return { reply: outcome.reply, path };
      }
      reason = outcome.failure.reason;
      this.#paths.failed(path, outcome.failure, destination.pubkey);
      if (outcome.failure.node === destination.pubkey || (others && outcome.failure.kind === "slow")) break;
    }
    throw new ClientError("path-failed", `node ${shortKey(destination.pubkey)} can't be reached: ${reason}`, {
      detail: { node: destination.pubkey },
    });
  }
}
