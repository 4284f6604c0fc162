import { bulkDeleteEntry, type DeleteBeforeRequest, listed } from "@swarmpost/storage-rpc";
import { hitsOf } from "../change-result.ts";
import type { Answer } from "./answer.ts";
import { change, type Changed } from "./change.ts";
import type { MethodNode } from "./node.ts";

/** `delete_before`: remove the messages of a namespace, or of all, up to a time of their senders. */
export function deleteBefore(request: DeleteBeforeRequest, node: MethodNode): Promise<Answer> {
  const entry = ({ hits, signature }: Changed) => bulkDeleteEntry(listed(hitsOf(hits), request.namespace), signature);
  return change(request, { name: request.method, entry }, node);
}
