import type { Pubkey } from "@swarmpost/crypto";
import { type LinkHandler, LinkRefusal } from "@swarmpost/rpc";
import { StorageError } from "./errors.ts";
import { REFUSAL } from "./replica-kinds.ts";

/** Answers one kind of request on a replica link. @throws LinkRefusal, or StorageError for what cannot be done now. */
export type ReplicaMethod = (peer: Pubkey, payload: Buffer) => Promise<Uint8Array>;

/** What the dispatcher needs besides its table. */
export interface ReplicaGate {
  /** True from the beginning of the shutdown on. */
  draining(): boolean;
}

/** Sends each kind to its method and turns this service's errors into refusals. */
export function replicaHandler(methods: ReadonlyMap<number, ReplicaMethod>, gate: ReplicaGate): LinkHandler {
  return async ({ peer, kind, payload }) => {
    const method = methods.get(kind);
    if (peer === undefined) throw new LinkRefusal(REFUSAL.invalid, "no peer");
    if (method === undefined) throw new LinkRefusal(REFUSAL.unknown, "no such request");
    if (gate.draining()) throw new LinkRefusal(REFUSAL.unavailable, "shutting down");
    try {
      return await method(peer, payload);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      throw new LinkRefusal(refusal(error), error.code, { cause: error });
    }
  };
}

function refusal({ code }: StorageError): number {
  if (code === "malformed") return REFUSAL.invalid;
  return code === "unknown" ? REFUSAL.unknown : REFUSAL.unavailable;
}
