import type { Pubkey } from "@swarmpost/crypto";
import { hexToBytes } from "@swarmpost/encoding";
import { type AccountId, accountKey } from "@swarmpost/storage-rpc";
import { accountSpace, responsibleSwarm, swarmId, type SwarmId, UNASSIGNED } from "@swarmpost/swarm";
import { ClientError } from "./client-error.ts";
import type { NodePool } from "./node-pool.ts";
import type { ServiceNode } from "./service-node.ts";

/** The nodes that keep an account's messages. */
export interface SwarmMembership {
  /** The swarm's id in lower-case hex, as storage servers write it; undefined when a node named the members without it. */
  readonly id: string | undefined;
  readonly members: readonly ServiceNode[];
}

/**
 * Finds an account's swarm from the node list itself (storage-protocol section 4), so no node is asked and none can
 * answer wrongly. A node that says "wrong swarm" (421) may name others; only nodes that the seeds know are taken.
 */
export class Swarms {
  readonly #pool: NodePool;
  readonly #corrected = new Map<AccountId, SwarmMembership>();

  constructor(pool: NodePool) {
    this.#pool = pool;
  }

  /** How many swarms the node list shows. */
  count(): number {
    return this.#ids().length;
  }

  /** The swarm of an account ID. Throws ClientError "no-swarm" when the node list shows none. */
  of(account: AccountId): SwarmMembership {
    const corrected = this.#corrected.get(account);
    if (corrected !== undefined) return corrected;
    const id = responsibleSwarm(this.#ids(), accountSpace(accountKey(account)));
    if (id === undefined) throw new ClientError("no-swarm", "the network has no swarm yet: try again in a minute");
    return { id: id.toString(16), members: this.#pool.all().filter((node) => node.swarmId === id) };
  }

  /**
   * Takes the body of a 421 or of get_swarm for an account. False when it names nobody this client knows: then the node
   * list is out of date.
   */
  correct(account: AccountId, body: Readonly<Record<string, unknown>> | undefined): boolean {
    const listed = Array.isArray(body?.["snodes"]) ? (body["snodes"] as unknown[]) : [];
    const members = listed.flatMap((entry) => this.#known(entry));
    if (members.length === 0) return false;
    const id = body?.["swarm"];
    this.#corrected.set(account, { id: typeof id === "string" ? id : undefined, members });
    return true;
  }

  /** Forgets corrections: a new node list knows better. */
  forget(): void {
    this.#corrected.clear();
  }

  #known(entry: unknown): ServiceNode[] {
    const key = (entry as { pubkey_ed25519?: unknown } | null)?.pubkey_ed25519;
    const bytes = typeof key === "string" ? hexToBytes(key, 32) : undefined;
    const node = bytes === undefined ? undefined : this.#pool.get(bytes.toString("hex") as Pubkey);
    return node === undefined ? [] : [node];
  }

  #ids(): SwarmId[] {
    const ids = new Set(this.#pool.all().map((node) => node.swarmId));
    ids.delete(UNASSIGNED);
    return [...ids].sort((a, b) => (a < b ? -1 : 1)).map(swarmId);
  }
}
