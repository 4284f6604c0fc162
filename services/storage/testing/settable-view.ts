import { create } from "@bufbuild/protobuf";
import { type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import {
  composeView,
  emptyView,
  type NetworkView,
  type NodeContact,
  type SwarmMapView,
  type ViewFollower,
  type ViewListener,
} from "@swarmpost/network-view";
import { RegistrySchema } from "@swarmpost/protos";

/** What a test says about the network. */
export interface ViewState {
  /** Undefined while the registry is not known. */
  readonly registered: readonly Pubkey[] | undefined;
  /** Height of the registry; that of the map by default. */
  readonly height?: bigint;
  readonly map: SwarmMapView;
  readonly previousMap: SwarmMapView | undefined;
  readonly contacts: ReadonlyMap<Pubkey, NodeContact>;
}

/** A network view that a test sets. */
export class SettableView implements ViewFollower {
  readonly #listeners = new Set<ViewListener>();
  #current: NetworkView = emptyView;

  get current(): NetworkView {
    return this.#current;
  }

  get previousMap(): SwarmMapView | undefined {
    return this.#current.previousMap;
  }

  set(state: ViewState): void {
    const nodes = state.registered?.map((key) => ({ pubkey: pubkeyBytes(key), operator: Buffer.alloc(20) }));
    const registry = nodes && create(RegistrySchema, { height: state.height ?? state.map.height, nodes });
    const previous = this.#current;
    const { map, previousMap, contacts } = state;
    this.#current = composeView({ registry, map, previousMap, contacts }, previous);
    for (const listener of this.#listeners) listener(this.#current, previous);
  }

  onChange(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  ready(): string | undefined {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }
}
