import { pullAccountMethod } from "./account-pull.ts";
import { type ChangeSource, pullChangesMethod } from "./change-pull.ts";
import { bringChangesMethod } from "./change-push.ts";
import { handOverMethod, offerMethod, type ReceiveParts } from "./handoff-receive.ts";
import { pullIndexMethod, pullRecordsMethod, pullTombstonesMethod } from "./pull-method.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND } from "./replica-kinds.ts";
import { replicateMethod, type ReplicateParts } from "./replicate-method.ts";

import { pullRevocationsMethod, type RevocationSource } from "./revocation-pull.ts";
import { handRevocationsMethod } from "./revocation-push.ts";

/** What other storages may ask, by kind. @param hello hears what a member says of itself. */
export function replicaMethods(
  parts: ReplicateParts & ReceiveParts & RevocationSource & ChangeSource,
  hello: ReplicaMethod,
): ReadonlyMap<number, ReplicaMethod> {
  return new Map([
    [KIND.replicate, replicateMethod(parts)],
    [KIND.offer, offerMethod(parts)],
    [KIND.handOver, handOverMethod(parts)],
    [KIND.pullIndex, pullIndexMethod(parts)],
    [KIND.pullRecords, pullRecordsMethod(parts)],
    [KIND.pullTombstones, pullTombstonesMethod(parts)],
    [KIND.pullAccount, pullAccountMethod(parts)],
    [KIND.pullChanges, pullChangesMethod(parts)],
    [KIND.bringChanges, bringChangesMethod(parts)],
    [KIND.pullRevocations, pullRevocationsMethod(parts)],
    [KIND.handRevocations, handRevocationsMethod(parts)],
    [KIND.hello, hello],
  ]);
}
