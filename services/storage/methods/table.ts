import type { SubRequest } from "@swarmpost/storage-rpc";
import type { Answer } from "./answer.ts";
import { activeNodes } from "./active-nodes.ts";
import { deleteMessages } from "./delete.ts";
import { deleteAll } from "./delete-all.ts";
import { deleteBefore } from "./delete-before.ts";
import { expire } from "./expire.ts";
import { expireAll } from "./expire-all.ts";
import { getExpiries } from "./get-expiries.ts";
import { getSwarm } from "./get-swarm.ts";
import { info } from "./info.ts";
import type { Caller } from "./caller.ts";
import type { Method, MethodNode } from "./node.ts";
import { oxendRequest } from "./oxend-request.ts";
import { retrieve } from "./retrieve.ts";
import { changeRevocations } from "./revocation.ts";
import { revokedSubaccounts } from "./revoked-subaccounts.ts";
import { store } from "./store.ts";

type MethodTable = { readonly [M in SubRequest["method"]]: Method<Extract<SubRequest, { method: M }>> };

/** Every method but the ones made of others: a new method is a file and a line here. */
const METHODS: MethodTable = {
  store,
  retrieve,
  delete: deleteMessages,
  delete_all: deleteAll,
  delete_before: deleteBefore,
  expire,
  expire_all: expireAll,
  get_expiries: getExpiries,
  revoke_subaccount: changeRevocations,
  unrevoke_subaccount: changeRevocations,
  revoked_subaccounts: revokedSubaccounts,
  get_swarm: getSwarm,
  oxend_request: oxendRequest,
  active_nodes_bin: activeNodes,
  info,
};

/** Runs one request. @throws StorageError "unavailable". */
export function runMethod(request: SubRequest, node: MethodNode, caller: Caller): Promise<Answer> {
  const method = METHODS[request.method] as Method<SubRequest>;
  return method(request, node, caller);
}
