// Who is a node, where it answers, which swarm it is in: one view, followed from the chain, the map and the proofs.

export { buildView, composeView, emptyView, type ViewParts } from "./build-view.ts";
export { contactOf, type ProvenContact } from "./contact.ts";
export { type FollowOptions, followNetwork } from "./follow-network.ts";
export type { NetworkNode, NetworkView, NodeContact, Swarm, SwarmMapView } from "./network-view.ts";
export { NetworkViewError, type NetworkViewErrorCode } from "./network-view-error.ts";
export { isWholeList, type ServiceNodeList } from "./service-node-list.ts";
export type { ContactedNode } from "./service-node-text.ts";
export { isUnchanged, ServiceNodes } from "./service-nodes.ts";
export {
  parseServiceNodesQuery,
  SERVICE_NODE_FIELDS,
  type ServiceNodeField,
  type ServiceNodesQuery,
} from "./service-nodes-query.ts";
export { emptySwarmMapView, swarmMapView } from "./swarm-map-view.ts";
export type { ViewFollower, ViewListener } from "./view-follower.ts";
