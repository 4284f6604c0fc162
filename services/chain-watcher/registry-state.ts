import type { Pubkey } from "@swarmpost/crypto";
import type { Address, StakingEvent } from "@swarmpost/staking";

/** An event of the contract and whether it counts: false for a registration that its node key did not sign. */
export interface JudgedEvent {
  readonly event: StakingEvent;
  readonly valid: boolean;
}

/** A validly signed registration that holds stake. */
export interface Registration {
  readonly id: bigint;
  readonly nodeKey: Pubkey;
  readonly operator: Address;
  readonly stake: bigint;
  readonly registeredAt: bigint;
  /** Block of the request to unlock; 0 when there was none. */
  readonly unlockRequestedAt: bigint;
}

/** What one block did to the registry, net: a node that came and went within the block is in neither list. */
export interface RegistryChange {
  /** Registrations that became active, in the order of the chain. */
  readonly joined: readonly Registration[];
  /** Keys whose registration ended, in the order of the chain. A key in both lists changed its registration. */
  readonly left: readonly Pubkey[];
}

/**
 * Who is a service node, as a pure fold over the contract's events. Of several staked registrations of one key the one
 * with the lowest id is active; when it exits, the next takes its place in that block (docs/protocol/registration.md).
 */
export class RegistryState {
  readonly #staked = new Map<bigint, Registration>();
  readonly #byKey = new Map<Pubkey, Set<bigint>>();

  /** Applies all events of one block, in their order. */
  applyBlock(events: readonly JudgedEvent[]): RegistryChange {
    const before = new Map<Pubkey, Registration | undefined>();
    for (const { event, valid } of events) {
      if (!before.has(event.nodeKey)) before.set(event.nodeKey, this.active(event.nodeKey));
      if (valid) this.#apply(event);
    }
    const joined: Registration[] = [];
    const left: Pubkey[] = [];
    for (const [key, old] of before) {
      const now = this.active(key);
      if (old?.id === now?.id) continue;
      if (old !== undefined) left.push(key);
      if (now !== undefined) joined.push(now);
    }
    return { joined, left };
  }

  /** The registration of a key that counts. */
  active(key: Pubkey): Registration | undefined {
    let first: bigint | undefined;
    for (const id of this.#byKey.get(key) ?? []) if (first === undefined || id < first) first = id;
    return first === undefined ? undefined : this.#staked.get(first);
  }

  /** All registered nodes, ascending by key bytes. */
  nodes(): Registration[] {
    const keys = [...this.#byKey.keys()].sort();
    return keys.flatMap((key) => this.active(key) ?? []);
  }

  #apply(event: StakingEvent): void {
    switch (event.kind) {
      case "registered": {
        const { id, nodeKey, operator, stake, height } = event;
        this.#staked.set(id, { id, nodeKey, operator, stake, registeredAt: height, unlockRequestedAt: 0n });
        this.#byKey.set(nodeKey, (this.#byKey.get(nodeKey) ?? new Set()).add(id));
        return;
      }
      case "unlock-requested": {
        const registration = this.#staked.get(event.id);
        if (registration) this.#staked.set(event.id, { ...registration, unlockRequestedAt: event.height });
        return;
      }
      case "exited": {
        this.#staked.delete(event.id); // unknown when its registration was not validly signed
        const ids = this.#byKey.get(event.nodeKey);
        ids?.delete(event.id);
        if (ids?.size === 0) this.#byKey.delete(event.nodeKey);
        return;
      }
    }
  }
}
