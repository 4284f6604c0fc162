import type { MapBroadcast } from "./map-broadcast.ts";
import { RpcError } from "@swarmpost/rpc";
import type { MapMessage } from "./swarm-map-message.ts";

/** Answers with the map in force and the one before it; "unavailable" until the first whole map is known. */
export function getMap(broadcast: MapBroadcast): () => Promise<MapMessage> {
  return async () => {
    if (!broadcast.current) throw new RpcError("unavailable", "the swarm map is still being computed");
    return broadcast.current;
  };
}
