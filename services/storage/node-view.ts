import type { Pubkey } from "@swarmpost/crypto";
import type { NetworkView, Swarm, ViewFollower } from "@swarmpost/network-view";
import { LinkRefusal } from "@swarmpost/rpc";
import type { Fence } from "./fence.ts";
import { MAP_WAIT_MS, REFUSAL } from "./replica-kinds.ts";

/** The network as this node needs it: its own swarm, who keeps an account, and waiting for a newer map. */
export class NodeView {
  readonly self: Pubkey;
  readonly #follower: ViewFollower;

  constructor(self: Pubkey, follower: ViewFollower) {
    this.self = self;
    this.#follower = follower;
  }

  get current(): NetworkView {
    return this.#follower.current;
  }

  /** The swarm that this node is in. */
  get ownSwarm(): Swarm | undefined {
    const id = this.current.swarmOf(this.self);
    return id === undefined ? undefined : this.current.swarm(id);
  }

  /** The other members of this node's swarm. */
  get mates(): Pubkey[] {
    return (this.ownSwarm?.members ?? []).filter((member) => member !== this.self);
  }

  /** The swarm that keeps an account. @param account 33 bytes. */
  responsible(account: Buffer): Swarm | undefined {
    return this.current.responsible(account.subarray(1));
  }

  /** Whether this node keeps an account. @param account 33 bytes. */
  keeps(account: Buffer): boolean {
    return this.responsible(account)?.members.includes(this.self) ?? false;
  }

  /** What a frame of this swarm says about the map. */
  fence(swarm: Swarm): Fence {
    return { swarmId: swarm.id, changedHeight: swarm.changedHeight, mapHeight: this.current.map.height };
  }

  /** Calls `listener` on each new view; the returned function ends that. */
  onChange(listener: () => void): () => void {
    return this.#follower.onChange(listener);
  }

  /** Resolves once this node has seen a map of the given height. @throws LinkRefusal when that takes too long. */
  async seen(mapHeight: bigint): Promise<void> {
    if (await this.until(() => this.current.map.height >= mapHeight, MAP_WAIT_MS)) return;
    throw new LinkRefusal(REFUSAL.tooEarly, "map is behind");
  }

  /** Resolves with true as soon as `condition` holds, with false after `ms` milliseconds. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ms);
    const stop = this.#follower.onChange(() => {
      if (condition()) resolve(true);
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }
}
