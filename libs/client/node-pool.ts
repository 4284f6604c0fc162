import type { Pubkey } from "@swarmpost/crypto";
import type { ServiceNode } from "./service-node.ts";

/** Failures after which a node is left alone until the next node list (Session Desktop's number). */
const STRIKES = 3;
/** How long a node is left alone that another one called missing or dead. */
const AVOID_MS = 10 * 60 * 1000;

/** The nodes that the seeds named, less those that this client has found wanting since. */
export class NodePool {
  #nodes = new Map<Pubkey, ServiceNode>();
  #strikes = new Map<Pubkey, number>();
  #dropped = new Set<Pubkey>();
  #avoidedUntil = new Map<Pubkey, number>();
  readonly #now: () => number;

  /** `now` gives this computer's unix ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a fresh list; every node has a clean slate. */
  replace(nodes: readonly ServiceNode[]): void {
    this.#nodes = new Map(nodes.map((node) => [node.pubkey, node]));
    this.#strikes.clear();
    this.#dropped.clear();
    this.#avoidedUntil.clear();
  }

  /** All nodes of the network, dropped ones too. */
  all(): ServiceNode[] {
    return [...this.#nodes.values()];
  }

  /** Nodes that may be used. */
  usable(): ServiceNode[] {
    return this.all().filter((node) => this.isUsable(node.pubkey));
  }

  /** A node of the network, also when it was dropped. */
  get(key: Pubkey): ServiceNode | undefined {
    return this.#nodes.get(key);
  }

  isUsable(key: Pubkey): boolean {
    const avoided = (this.#avoidedUntil.get(key) ?? 0) > this.#now();
    return this.#nodes.has(key) && !this.#dropped.has(key) && !avoided;
  }

  /** Leaves a node alone for ten minutes: it was called missing or dead, perhaps by a liar. True when it was usable. */
  avoid(key: Pubkey): boolean {
    const was = this.isUsable(key);
    if (this.#nodes.has(key)) this.#avoidedUntil.set(key, this.#now() + AVOID_MS);
    return was;
  }

  /** Leaves a node alone until the next list. True when it was usable before. */
  drop(key: Pubkey): boolean {
    const was = this.isUsable(key);
    if (this.#nodes.has(key)) this.#dropped.add(key);
    return was;
  }

  /** Counts a failure that the node may be guilty of; true when it was its last and the node is dropped now. */
  strike(key: Pubkey): boolean {
    const strikes = (this.#strikes.get(key) ?? 0) + 1;
    this.#strikes.set(key, strikes);
    return strikes >= STRIKES && this.drop(key);
  }
}
