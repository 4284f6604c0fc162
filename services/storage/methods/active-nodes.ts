import { type NetworkView, ServiceNodes } from "@swarmpost/network-view";
import { type ActiveNode, type ActiveNodesRequest, activeNodesBody } from "@swarmpost/storage-rpc";
import { ok } from "./answer.ts";
import type { Method } from "./node.ts";

/** `active_nodes_bin`: all active nodes in a compact form. */
export const activeNodes: Method<ActiveNodesRequest> = async (_request, node) =>
  ok(node.activeNodes.body(node.view.current));

/** What a node tells strangers about the network. */
export interface NodeLists {
  readonly serviceNodes: ServiceNodes;
  readonly activeNodes: ActiveNodes;
}

/** The lists of one node. */
export function nodeLists(): NodeLists {
  const serviceNodes = new ServiceNodes();
  return { serviceNodes, activeNodes: new ActiveNodes(serviceNodes) };
}

/** The body for a view, which is made once for each: strangers may ask again and again. */
export class ActiveNodes {
  readonly #lists: Pick<ServiceNodes, "listOf">;
  #made: { readonly view: NetworkView; readonly body: Buffer } | undefined;

  constructor(lists: Pick<ServiceNodes, "listOf">) {
    this.#lists = lists;
  }

  body(view: NetworkView): Buffer {
    if (this.#made?.view !== view) {
      const nodes = this.#lists.listOf(view).active.map(({ pubkey, swarmId, contact }): ActiveNode => {
        const { ip, httpsPort, peerPort } = contact;
        return { pubkey, swarmId: swarmId ?? 0n, ip, httpsPort, peerPort };
      });
      this.#made = { view, body: activeNodesBody(nodes) };
    }
    return this.#made.body;
  }
}
