import { isUnrevocable, type RetrieveRequest } from "@swarmpost/storage-rpc";
import type { Answer } from "./answer.ts";
import type { MethodNode } from "./node.ts";
import { revokedRefusal } from "./revoked.ts";

/** The 401 of a reader whose subaccount was revoked, else undefined. In some namespaces even a revoked member may read. */
export async function revokedReader(request: RetrieveRequest, node: MethodNode): Promise<Answer | undefined> {
  const { account, namespace: ns, signed } = request;
  if (isUnrevocable(ns)) return undefined;
  return revokedRefusal({ account, auth: signed?.auth }, "retrieve", node);
}
