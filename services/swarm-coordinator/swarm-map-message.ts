import { create } from "@bufbuild/protobuf";
import { pubkeyBytes } from "@swarmpost/crypto";
import { type SwarmMap, SwarmMapSchema } from "@swarmpost/protos";
import { mapHash, type SwarmState } from "@swarmpost/swarm";
import type { MapHistory } from "./map-history.ts";

/** The maps as they go over the wire. */
export interface MapMessage {
  readonly map: SwarmMap;
  readonly previous?: SwarmMap;
}

/** Shapes the maps for the wire. The previous one is sent without the hash of the one before it: that is not kept. */
export function mapMessage({ current, previous }: MapHistory): MapMessage {
  if (!previous) return { map: message(current, Buffer.alloc(0)) };
  return { map: message(current, mapHash(previous)), previous: message(previous, Buffer.alloc(0)) };
}

function message(state: SwarmState, previousHash: Buffer): SwarmMap {
  return create(SwarmMapSchema, {
    height: state.height,
    blockHash: state.blockHash,
    swarms: [...state.swarms].map(([id, { members, changedHeight }]) => ({
      id,
      members: members.map(pubkeyBytes),
      changedHeight,
    })),
    hash: mapHash(state),
    previousHash,
  });
}
