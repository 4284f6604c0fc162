import type { NetworkView } from "./network-view.ts";
import { ServiceNodeList } from "./service-node-list.ts";
import type { ServiceNodesQuery } from "./service-nodes-query.ts";

/**
 * The result of `get_service_nodes`, for a seed's `/json_rpc` and for the storage RPC's `oxend_request`. What does not
 * change is made once for each view: strangers may ask again and again. Source: oxen-core `get_service_nodes`.
 */
export class ServiceNodes {
  #list: ServiceNodeList | undefined;

  /** The nodes that a view offers; the same object for the same view. */
  listOf(view: NetworkView): ServiceNodeList {
    if (this.#list?.view !== view) this.#list = new ServiceNodeList(view);
    return this.#list;
  }

  /**
   * The result as JSON text, because a swarm id needs all 64 bits: `status`, `height`, `target_height`, `block_hash`,
   * `hardfork`, `snode_revision`, `service_node_states`; or `status` and `unchanged` for a client that polls with the hash of
   * the present block.
   */
  result(query: ServiceNodesQuery, view: NetworkView): string {
    if (isUnchanged(query, view)) return `{"status":"OK","unchanged":true}`;
    const height = `"height":${view.height},"target_height":${view.height},"block_hash":"${view.blockHash}"`;
    const states = `"service_node_states":[${this.listOf(view).states(query)}]`;
    return `{"status":"OK",${height},"hardfork":19,"snode_revision":3,${states}}`;
  }
}

/** Whether the client says that it knows the list of this block. */
export function isUnchanged({ pollBlockHash }: ServiceNodesQuery, view: NetworkView): boolean {
  return pollBlockHash !== undefined && pollBlockHash === view.blockHash;
}
