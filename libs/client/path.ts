import { randomInt } from "node:crypto";
import type { ServiceNode } from "./service-node.ts";

/** A way into the network: guard, middle, last. Nobody on it sees both ends. */
export interface Path {
  readonly hops: readonly [guard: ServiceNode, middle: ServiceNode, last: ServiceNode];
  /** How long building it took: the round trip of its success message, ms. */
  readonly builtInMs: number;
}

/** A whole number in 0 … bound−1, every one as likely. */
export type Random = (bound: number) => number;

/** From the system's random source. */
export const systemRandom: Random = (bound) => randomInt(bound);

/** One of the list, every one as likely; undefined of an empty list. */
export function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list.length === 0 ? undefined : list[random(list.length)];
}

/** The list in random order. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(random(rest.length), 1));
  return order;
}

/** What a path must avoid. */
export interface PathRules {
  /** Where its requests go, when that is another node than its last one. */
  readonly destination?: ServiceNode | undefined;
  /** No two nodes of one /24 network or one operator, the destination included: it knows the account, the guard the address. */
  readonly diversity: boolean;
}

/**
 * Adds a random middle and last node to a guard that may be used for the destination. With diversity a crowded /24 network is as likely to give its one node as
 * its nodes are many, but gives no second one. Undefined when too few nodes are left.
 */
export function completePath(
  guard: ServiceNode,
  candidates: readonly ServiceNode[],
  rules: PathRules,
  random: Random,
): [ServiceNode, ServiceNode, ServiceNode] | undefined {
  const others = rules.destination === undefined ? [] : [rules.destination];
  const hops = [guard];
  while (hops.length < 3) {
    const next = pick(
      candidates.filter((node) => mayJoin(node, [...others, ...hops], rules.diversity)),
      random,
    );
    if (next === undefined) return undefined;
    hops.push(next);
  }
  return hops as [ServiceNode, ServiceNode, ServiceNode];
}

/** Whether a node may be on a path that has these hops or goes to these. */
export function mayJoin(node: ServiceNode, others: readonly ServiceNode[], diversity: boolean): boolean {
  return others.every((other) => other.pubkey !== node.pubkey && (!diversity || areFarApart(other, node)));
}

function areFarApart(a: ServiceNode, b: ServiceNode): boolean {
  if (subnet(a) === subnet(b)) return false;
  return a.operator === undefined || a.operator !== b.operator;
}

function subnet(node: ServiceNode): string {
  return node.ip.slice(0, node.ip.lastIndexOf("."));
}
