import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { SwarmMap } from "@swarmpost/protos";
import { accountSpace, responsibleSwarm, type SwarmId, swarmId } from "@swarmpost/swarm";
import type { Swarm, SwarmMapView } from "./network-view.ts";

/** The map before any is known. */
export const emptySwarmMapView: SwarmMapView = index({ height: 0n, hash: "", swarms: [] });

/**
 * Indexes a swarm map as the coordinator sends it.
 * @throws SwarmError "bad-id" or CryptoError "bad-key" when it is not a map.
 */
export function swarmMapView(map: SwarmMap): SwarmMapView {
  const swarms = map.swarms.map((swarm) =>
    Object.freeze({
      id: swarmId(swarm.id),
      members: Object.freeze(swarm.members.map((member) => pubkey(member))),
      changedHeight: swarm.changedHeight,
    }),
  );
  swarms.sort((a, b) => (a.id < b.id ? -1 : 1));
  return index({ height: map.height, hash: Buffer.from(map.hash).toString("hex"), swarms });
}

function index(map: { height: bigint; hash: string; swarms: readonly Swarm[] }): SwarmMapView {
  const ids = map.swarms.map((swarm) => swarm.id);
  const byId = new Map<bigint, Swarm>(map.swarms.map((swarm) => [swarm.id, swarm]));
  const byNode = new Map<Pubkey, SwarmId>();
  for (const swarm of map.swarms) for (const member of swarm.members) byNode.set(member, swarm.id);
  return Object.freeze({
    ...map,
    swarms: Object.freeze(map.swarms),
    swarm: (id: bigint) => byId.get(id),
    swarmOf: (node: Pubkey) => byNode.get(node),
    responsible: (accountKey: Uint8Array) => {
      const id = responsibleSwarm(ids, accountSpace(accountKey));
      return id === undefined ? undefined : byId.get(id);
    },
  });
}
