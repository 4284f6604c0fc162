import { pullAccountMethod } from "./account-pull.ts";
import { handOverMethod, offerMethod, type ReceiveParts } from "./handoff-receive.ts";
import { pullIndexMethod, pullRecordsMethod, pullTombstonesMethod } from "./pull-method.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND } from "./replica-kinds.ts";
import { replicateMethod, type ReplicateParts } from "./replicate-method.ts";
import { pullKeptMethod, type KeptSource } from "./kept-pull.ts";
import { bringKeptMethod } from "./kept-push.ts";
import type { KeptRequests } from "./kept-requests.ts";

/** What other storages may ask, by kind. @param hello hears what a member says of itself. */
export function replicaMethods(
  parts: ReplicateParts & ReceiveParts & KeptSource & { readonly kept: readonly KeptRequests[] },
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
    [KIND.hello, hello],
    ...parts.kept.flatMap((requests): [number, ReplicaMethod][] => [
      [requests.kinds.pull, pullKeptMethod(requests, parts)],
      [requests.kinds.bring, bringKeptMethod(requests, parts)],
    ]),
  ]);
}
