import { configTypes } from "@swarmpost/runtime";

/** Names of node pods → the database servers that hold their messages, as `pod=server,…`. */
export const nodeServers = configTypes.text
  .transform((text) => text.split(",").map((pair) => pair.trim().split("=")))
  .refine((pairs) => pairs.every((pair) => pair.length === 2 && pair.every((part) => part !== "")), {
    message: "must be pod=server, separated by commas",
  })
  .transform((pairs): ReadonlyMap<string, string> => new Map(pairs as [string, string][]));

/**
 * The most members of one swarm whose messages one database server holds: so many copies are lost with it. 0 when no server
 * is known. `swarms` gives the pods of each swarm.
 */
export function mostOnOneServer(swarms: Iterable<readonly string[]>, servers: ReadonlyMap<string, string>): number {
  let most = 0;
  for (const pods of swarms) {
    const counts = new Map<string, number>();
    for (const pod of pods) {
      const server = servers.get(pod);
      if (server === undefined) continue;
      const count = (counts.get(server) ?? 0) + 1;
      counts.set(server, count);
      most = Math.max(most, count);
    }
  }
  return most;
}
