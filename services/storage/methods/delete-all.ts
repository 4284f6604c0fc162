import { bulkDeleteEntry, type DeleteAllRequest, listed } from "@swarmpost/storage-rpc";
import { hitsOf } from "../change-result.ts";
import type { Answer } from "./answer.ts";
import { change, type Changed } from "./change.ts";
import type { MethodNode } from "./node.ts";

/** `delete_all`: remove every message of a namespace, or of all. */
export function deleteAll(request: DeleteAllRequest, node: MethodNode): Promise<Answer> {
  const entry = ({ hits, signature }: Changed) => bulkDeleteEntry(listed(hitsOf(hits), request.namespace), signature);
  return change(request, { name: request.method, entry }, node);
}
