import { type AccountId, accountKey } from "@swarmpost/storage-rpc";
import { accountSpace, responsibleSwarm, swarmId, type SwarmId, UNASSIGNED } from "@swarmpost/swarm";
import type { NodeList } from "./bootstrap.ts";
import { ClientError } from "./client-error.ts";
import { majorityOf } from "./member-signatures.ts";
import type { ServiceNode } from "./service-node.ts";

/** The nodes that keep an account's messages. */
export interface SwarmMembership {
  /** The swarm's id in lower-case hex, as storage servers write it. */
  readonly id: string;
  /** The members that can be asked. */
  readonly members: readonly ServiceNode[];
  /** What a majority is more than half of: the members, and nodes that only some seeds count among them. */
  readonly size: number;
}

/**
 * Finds an account's swarm from the node list itself (storage-protocol section 4), so no node is asked and none can
 * answer wrongly: whom a node names when it says "wrong swarm" (421) is not even read.
 */
export class Swarms {
  #believed: readonly ServiceNode[] = [];
  #disputed: readonly ServiceNode[] = [];

  /** Takes a fresh node list. */
  replace({ nodes, disputed }: Pick<NodeList, "nodes" | "disputed">): void {
    this.#believed = nodes;
    this.#disputed = disputed;
  }

  /** How many swarms the node list shows. */
  count(): number {
    return this.#ids().length;
  }

  /**
   * The swarm of an account ID. Nodes of which the seeds don't agree that they are members are not among them but count
   * in `size`: a seed must not make a swarm small by leaving its members out or placing them elsewhere. Throws ClientError
   * "no-swarm" when the node list shows none, or the seeds agree on less than a majority of its members.
   */
  of(account: AccountId): SwarmMembership {
    const id = responsibleSwarm(this.#ids(), accountSpace(accountKey(account)));
    if (id === undefined) throw new ClientError("no-swarm", "the network has no swarm yet: try again in a minute");
    const members = this.#believed.filter((node) => node.swarmId === id);
    const size = members.length + this.#disputed.filter((node) => node.swarmId === id).length;
    if (members.length < majorityOf(size)) {
      throw new ClientError("no-swarm", "the seeds don't agree on who keeps these messages: try again in a minute");
    }
    return { id: id.toString(16), members, size };
  }

  #ids(): SwarmId[] {
    const ids = new Set([...this.#believed, ...this.#disputed].map((node) => node.swarmId));
    ids.delete(UNASSIGNED);
    return [...ids].sort((a, b) => (a < b ? -1 : 1)).map(swarmId);
  }
}
