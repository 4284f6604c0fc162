import { type ExpireAllRequest, expireAllEntry, listed } from "@swarmpost/storage-rpc";
import { hitsOf } from "../change-result.ts";
import type { Answer } from "./answer.ts";
import { change, type Changed } from "./change.ts";
import type { MethodNode } from "./node.ts";

/** `expire_all`: let all messages of a namespace, or of all, end at a time unless they end earlier. */
export function expireAll(request: ExpireAllRequest, node: MethodNode): Promise<Answer> {
  const entry = ({ hits, signature }: Changed) => expireAllEntry(listed(hitsOf(hits), request.namespace), signature);
  return change(request, { name: request.method, entry }, node);
}
