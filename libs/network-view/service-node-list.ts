import type { Pubkey } from "@swarmpost/crypto";
import type { NetworkView } from "./network-view.ts";
import { type ContactedNode, fieldMask, isOffered, nodeText } from "./service-node-text.ts";
import type { ServiceNodesQuery } from "./service-nodes-query.ts";

/** Different sets of fields remembered; clients ask for a handful. With 2,000 nodes one takes about a megabyte. */
const MAX_REMEMBERED = 8;

/** The nodes that one view offers. What strangers can ask for again and again is made once. */
export class ServiceNodeList {
  readonly view: NetworkView;
  /** All nodes with an address, ascending by key. */
  readonly #nodes: readonly ContactedNode[];
  /** Where the active ones are in it. */
  readonly #active: readonly number[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #texts = new Map<number, readonly string[]>();
  readonly #wholes = new Map<number, string>();

  constructor(view: NetworkView) {
    this.view = view;
    this.#nodes = [...view.nodes()].filter((node) => isOffered(node, false));
    this.#active = this.#nodes.flatMap((node, index) => (isOffered(node, true) ? [index] : []));
    this.#places = new Map(this.#nodes.map((node, index) => [node.pubkey, index]));
  }

  /** The active nodes that are offered, ascending by key. */
  get active(): readonly ContactedNode[] {
    return this.#active.map((place) => this.#nodes[place] as ContactedNode);
  }

  /** The entries of `service_node_states` that are asked for, as JSON text. */
  states(query: ServiceNodesQuery): string {
    const mask = fieldMask(query.fields);
    if (isWholeList(query)) return remember(this.#wholes, mask, () => this.#join(mask, this.#active));
    return this.#join(mask, this.#select(query));
  }

  #join(mask: number, places: readonly number[]): string {
    const texts = remember(this.#texts, mask, () => this.#nodes.map((node) => nodeText(node, mask)));
    return places.map((place) => texts[place]).join(",");
  }

  #select({ keys, activeOnly, limit }: ServiceNodesQuery): readonly number[] {
    const all = activeOnly ? this.#active : [...this.#nodes.keys()];
    const places = keys ? this.#named(keys, activeOnly) : all;
    if (limit === 0) return places;
    return draw(places, limit < 0 ? places.length : Math.min(limit, places.length));
  }

  #named(keys: ReadonlySet<string>, activeOnly: boolean): readonly number[] {
    const places = [...keys].flatMap((key) => this.#places.get(key as Pubkey) ?? []);
    const wanted = (place: number): boolean => isOffered(this.#nodes[place] as ContactedNode, activeOnly);
    return places.filter(wanted).sort((a, b) => a - b);
  }
}

/** Whether a question is for the whole list of active nodes: only such an answer is signed by a seed. */
export function isWholeList({ keys, activeOnly, limit }: ServiceNodesQuery): boolean {
  return keys === undefined && activeOnly && limit === 0;
}

/** Keeps what was used last. */
function remember<T>(known: Map<number, T>, key: number, make: () => T): T {
  const value = known.get(key) ?? make();
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest);
  return value;
}

/** Draws `count` items (Fisher-Yates). Which nodes a client is offered first needs to be spread, not secret. */
function draw(from: readonly number[], count: number): number[] {
  const items = [...from];
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(Math.random() * (items.length - i));
    [items[i], items[j]] = [items[j] as number, items[i] as number];
  }
  return items.slice(0, count);
}
