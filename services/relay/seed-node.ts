import type { ContactedNode } from "@swarmpost/network-view";
import type { OfferedNode } from "@swarmpost/onion";
import { UNASSIGNED } from "@swarmpost/swarm";

/** The part of a node that the seed's signature covers. */
export function offeredNode(node: ContactedNode): OfferedNode {
  const { pubkey, x25519, contact, operator } = node;
  const { ip, httpsPort } = contact;
  return { pubkey, x25519, ip, httpsPort, swarmId: node.swarmId ?? UNASSIGNED, operator };
}
