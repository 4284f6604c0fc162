import { configTypes } from "@swarmpost/runtime";
import type { LocalSwarm } from "./budget-plan.ts";

/** Names of node pods → the database servers that hold their messages, as `pod=server,…`. */
export const nodeServers = configTypes.text
  .transform((text) => text.split(",").map((pair) => pair.trim().split("=")))
  .refine((pairs) => pairs.every((pair) => pair.length === 2 && pair.every((part) => part !== "")), {
    message: "must be pod=server, separated by commas",
  })
  .transform((pairs): ReadonlyMap<string, string> => new Map(pairs as [string, string][]));

/** How much is lost with one database server. Servers that are not known count for nothing. */
export interface SharedServers {
  /** The most members of one swarm whose messages one server holds. */
  readonly most: number;
  /** Swarms of which one server holds a majority (⌊size/2⌋+1): all who confirmed a message may be among these. */
  readonly majorities: number;
}

/** Counts the members of swarms on each database server; a swarm's `size` counts other clusters' members too. */
export function sharedServers(swarms: Iterable<LocalSwarm>, servers: ReadonlyMap<string, string>): SharedServers {
  let most = 0;
  let majorities = 0;
  for (const { pods, size } of swarms) {
    const counts = new Map<string, number>();
    for (const pod of pods) {
      const server = servers.get(pod);
      if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    const largest = Math.max(0, ...counts.values());
    most = Math.max(most, largest);
    if (largest > size / 2) majorities++;
  }
  return { most, majorities };
}
