import { create } from "@bufbuild/protobuf";
import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import {
  composeView,
  emptyView,
  type NetworkView,
  type NodeContact,
  swarmMapView,
  type ViewFollower,
  type ViewListener,
} from "@swarmpost/network-view";
import { RegistrySchema, SwarmMapSchema } from "@swarmpost/protos";

/** Facts of one node in a fabricated view. */
export interface ViewNode {
  readonly pubkey: Pubkey;
  readonly contact?: NodeContact | undefined;
  /** Whether the proof of its contact ran out. */
  readonly expired?: boolean;
  /** Whether it sits in the only swarm. */
  readonly seated: boolean;
}

/** Id of the only swarm; more than a double can hold. */
export const SWARM_ID = 2n ** 63n + 1n;

/** Fabricates a view of these nodes, all registered. */
export function fakeView(nodes: readonly ViewNode[], before: NetworkView = emptyView): NetworkView {
  const sorted = [...nodes].sort((a, b) => (a.pubkey < b.pubkey ? -1 : 1));
  const registry = create(RegistrySchema, {
    chainId: 31_337n,
    contract: Buffer.alloc(20, 1),
    height: 1_234n,
    blockHash: Buffer.alloc(32, 7),
    nodes: sorted.map(({ pubkey }) => ({
      pubkey: pubkeyBytes(pubkey),
      registrationHeight: 5n,
      operator: Buffer.alloc(20, 2),
    })),
  });
  const members = sorted.filter(({ seated }) => seated).map(({ pubkey }) => pubkeyBytes(pubkey));
  const swarms = members.length > 0 ? [{ id: SWARM_ID, members, changedHeight: 6n }] : [];
  const map = swarmMapView(create(SwarmMapSchema, { height: 6n, swarms, hash: Buffer.alloc(32, 3) }));
  const contacts = new Map(nodes.flatMap(({ pubkey, contact }) => (contact ? [[pubkey, contact] as const] : [])));
  const expired = new Set(nodes.filter((node) => node.expired).map(({ pubkey }) => pubkey));
  return composeView({ registry, map, previousMap: undefined, contacts, expired }, before);
}

/** A view follower that a test moves by hand. */
export class FakeFollower implements ViewFollower {
  #current: NetworkView = emptyView;
  #listeners = new Set<ViewListener>();
  /** What `ready()` says. */
  reason: string | undefined;
  readonly previousMap = undefined;

  get current(): NetworkView {
    return this.#current;
  }

  show(nodes: readonly ViewNode[]): void {
    const before = this.#current;
    this.#current = fakeView(nodes, before);
    for (const listener of this.#listeners) listener(this.#current, before);
  }

  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ready(): string | undefined {
    return this.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
