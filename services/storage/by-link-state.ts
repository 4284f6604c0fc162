import type { Pubkey } from "@swarmpost/crypto";
import type { LinkState, PeerLinks } from "@swarmpost/rpc";

const ORDER: readonly LinkState[] = ["up", "idle", "connecting", "down"];

/** Nodes in the order in which they are likely to answer soon; else the order stays. */
export function byLinkState(nodes: readonly Pubkey[], links: Pick<PeerLinks, "state">): Pubkey[] {
  return nodes.toSorted((a, b) => ORDER.indexOf(links.state(a)) - ORDER.indexOf(links.state(b)));
}
