import type { Pubkey } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import type { Absences } from "./absences.ts";
import { decodeHello, encodeHelloAnswer } from "./hello-codec.ts";
import type { MemberMemory } from "./member-memory.ts";
import type { NodeView } from "./node-view.ts";
import type { Pending } from "./pending.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { REFUSAL } from "./replica-kinds.ts";

/** What hearing a member needs. */
export interface HelloMethodParts {
  readonly view: NodeView;
  readonly memory: MemberMemory;
  readonly absences: Absences;
  readonly pending: Pick<Pending, "keptFor">;
  /** Told of a member that has just started. */
  readonly onStarting: (member: Pubkey) => void;
  /** Told of a member whose database lost something: with it, perhaps, frames that it alone kept for this node. */
  readonly onLost: (member: Pubkey) => void;
}

/** Hears what a member of the swarm says of itself, and tells what it may have forgotten. */
export function helloMethod(parts: HelloMethodParts): ReplicaMethod {
  return async (peer, payload) => {
    const hello = decodeHello(payload);
    if (!parts.view.mates.includes(peer)) throw new LinkRefusal(REFUSAL.stranger, "not of this swarm");
    if (hello.phase === "leaving") parts.absences.leave(peer);
    else parts.absences.back(peer);
    if (hello.phase === "starting") parts.onStarting(peer);
    const { remembered, lost } = parts.memory.hear(peer, hello);
    if (lost) parts.onLost(peer);
    return encodeHelloAnswer({ kept: parts.pending.keptFor(peer), remembered });
  };
}
