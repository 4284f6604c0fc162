import type { Pubkey } from "@swarmpost/crypto";
import type { ServiceNode } from "./service-node.ts";

/** What several seeds' lists come to. */
export interface Votes {
  /** Nodes of which enough seeds say the very same: keys, address, swarm and operator. */
  readonly believed: readonly ServiceNode[];
  /**
   * Every other record that no majority contradicts, one a node and swarm. Not to be used; but as one of them may be the
   * truth, none of them may be taken for absent either.
   */
  readonly disputed: readonly ServiceNode[];
}

/**
 * Counts records, one list for each seed that answered. A record is believed when `needed` seeds give it, refuted when
 * `needed` seeds that answered do not, and disputed when neither is so: of two seeds, or of three with one silent, each
 * can keep the other from being believed, but not make it unheard.
 */
export function countVotes(lists: readonly (readonly ServiceNode[])[], needed: number): Votes {
  const votes = new Map<string, { node: ServiceNode; count: number }>();
  for (const node of lists.flat()) {
    const count = (votes.get(recordOf(node))?.count ?? 0) + 1;
    votes.set(recordOf(node), { node, count });
  }
  const all = [...votes.values()];
  const believed = all.filter(({ count }) => count >= needed);
  const disputed = all.filter(({ count }) => count < needed && lists.length - count < needed);
  const places = new Map(disputed.map(({ node }) => [`${node.pubkey} ${node.swarmId}`, node]));
  return { believed: believed.map(({ node }) => node), disputed: [...places.values()] };
}

/** How many of a seed's nodes are not said the same way by enough seeds. */
export function countStrangers(list: readonly ServiceNode[], { believed }: Votes): number {
  const records = new Map<Pubkey, string>(believed.map((node) => [node.pubkey, recordOf(node)]));
  return list.filter((node) => records.get(node.pubkey) !== recordOf(node)).length;
}

/** Everything that the client relies on; what a seed's signature covers. */
function recordOf(node: ServiceNode): string {
  const address = `${node.ip}:${node.httpsPort}`;
  return [node.pubkey, node.x25519.toString("hex"), address, node.swarmId, node.operator ?? ""].join(" ");
}
