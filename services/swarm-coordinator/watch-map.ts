import { type CallContext, RpcError } from "@swarmpost/rpc";
import type { MapBroadcast } from "./map-broadcast.ts";
import type { MapMessage } from "./swarm-map-message.ts";

/** Streams the map in force and each later one, until the caller goes or `stop` ends it with "unavailable". */
export function watchMap(broadcast: MapBroadcast, stop: AbortSignal) {
  return async function* (_request: unknown, call: CallContext): AsyncGenerator<MapMessage> {
    yield* broadcast.watch(AbortSignal.any([call.signal, stop]));
    if (stop.aborted) throw new RpcError("unavailable", "swarm-coordinator is shutting down");
  };
}
