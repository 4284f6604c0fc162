import type { ConvertKey } from "./auth.ts";
import { checkDeleteAll, type DeleteAllRequest } from "./delete-all.ts";
import { checkDeleteBefore, type DeleteBeforeRequest } from "./delete-before.ts";
import { checkExpire, type ExpireRequest } from "./expire.ts";
import { checkExpireAll, type ExpireAllRequest } from "./expire-all.ts";
import type { RpcError } from "./rpc-error.ts";

/** When and how patiently a signed request is judged. */
export interface SignedCheck {
  readonly nowMs: number;
  /** How far its time may be from `nowMs`; the 60 s of a client's request unless given. */
  readonly toleranceMs?: number;
  readonly convert?: ConvertKey | undefined;
}

/** A request that changes what is kept without storing anything, by the whole swarm. */
export type ChangeRequest = ExpireRequest | ExpireAllRequest | DeleteAllRequest | DeleteBeforeRequest;

/** Why a change may not be done, in the order of the reference server: time, signature, access; undefined when it may. */
export function checkChange(request: ChangeRequest, check: SignedCheck): RpcError | undefined {
  switch (request.method) {
    case "expire":
      return checkExpire(request, check);
    case "expire_all":
      return checkExpireAll(request, check);
    case "delete_all":
      return checkDeleteAll(request, check);
    case "delete_before":
      return checkDeleteBefore(request, check);
  }
}
