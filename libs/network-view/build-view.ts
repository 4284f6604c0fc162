import { ed25519PublicToX25519, type Pubkey, pubkey } from "@swarmpost/crypto";
import { networkId } from "@swarmpost/proof";
import type { AcceptedProof, RegisteredNode, Registry, SwarmMap } from "@swarmpost/protos";
import { contactOf } from "./contact.ts";
import type { NetworkNode, NetworkView, NodeContact, SwarmMapView } from "./network-view.ts";
import { emptySwarmMapView, swarmMapView } from "./swarm-map-view.ts";

/** What a view is made of; each part comes from another service and may not be known yet. */
export interface ViewParts {
  readonly registry: Registry | undefined;
  readonly map: SwarmMapView;
  readonly previousMap: SwarmMapView | undefined;
  readonly contacts: ReadonlyMap<Pubkey, NodeContact>;
  /** Nodes whose contact comes from a proof that ran out; none when absent. */
  readonly expired?: ReadonlySet<Pubkey>;
}

/** The view before anything is known. */
export const emptyView: NetworkView = compose(0, new Map(), {
  registry: undefined,
  map: emptySwarmMapView,
  previousMap: undefined,
  contacts: new Map(),
});

/**
 * Makes a view of what chain-watcher, swarm-coordinator and test-suite answer.
 * @param before the view that this one follows: X25519 keys that it derived are used again.
 * @throws SwarmError "bad-id" or CryptoError "bad-key" when the registry or the map is malformed.
 */
export function buildView(
  registry: Registry | undefined,
  map: SwarmMap | undefined,
  proofs: Iterable<AcceptedProof>,
  before: NetworkView = emptyView,
): NetworkView {
  const contacts = new Map<Pubkey, NodeContact>();
  for (const accepted of proofs) {
    const proven = contactOf(accepted);
    if (proven) contacts.set(proven.pubkey, proven.contact);
  }
  return composeView(
    { registry, map: map ? swarmMapView(map) : emptySwarmMapView, previousMap: undefined, contacts },
    before,
  );
}

/** Makes a view of parts that are already indexed; its version is one above that of `before`. */
export function composeView(parts: ViewParts, before: NetworkView): NetworkView {
  const nodes = new Map<Pubkey, NetworkNode>();
  for (const registered of parts.registry?.nodes ?? []) {
    const node = networkNode(registered, parts, before);
    if (node) nodes.set(node.pubkey, node);
  }
  return compose(before.version + 1, nodes, parts);
}

/** Undefined for bytes that are no point of the curve: nobody can prove such a key, so no node has it. */
function networkNode(registered: RegisteredNode, parts: ViewParts, before: NetworkView): NetworkNode | undefined {
  const key = pubkey(registered.pubkey);
  const x25519 = before.node(key)?.x25519 ?? ed25519PublicToX25519(registered.pubkey);
  if (!x25519) return undefined;
  return Object.freeze({
    pubkey: key,
    x25519,
    swarmId: parts.map.swarmOf(key),
    contact: parts.contacts.get(key),
    offered: parts.contacts.has(key) && !parts.expired?.has(key),
    registrationHeight: registered.registrationHeight,
    requestedUnlockHeight: registered.requestedUnlockHeight,
    operator: `0x${Buffer.from(registered.operator).toString("hex")}`,
  });
}

function compose(version: number, nodes: ReadonlyMap<Pubkey, NetworkNode>, parts: ViewParts): NetworkView {
  const { registry, map, previousMap } = parts;
  return Object.freeze({
    version,
    networkId: registry && networkId(registry.chainId, registry.contract),
    height: registry?.height ?? 0n,
    blockHash: registry ? Buffer.from(registry.blockHash).toString("hex") : "",
    mapHash: map.hash,
    map,
    previousMap,
    swarms: map.swarms,
    swarm: map.swarm,
    swarmOf: map.swarmOf,
    responsible: map.responsible,
    node: (key: Pubkey) => nodes.get(key),
    nodes: () => nodes.values(),
    nodeCount: nodes.size,
    registered: (key: Pubkey) => nodes.has(key),
  });
}
