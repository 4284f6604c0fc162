import { EXPIRE_REFUSED, type ExpireRequest, expireEntry } from "@swarmpost/storage-rpc";
import { expireResult } from "../change-result.ts";
import type { Answer } from "./answer.ts";
import { change } from "./change.ts";
import type { MethodNode } from "./node.ts";

/** `expire`: give messages another end. */
export function expire(request: ExpireRequest, node: MethodNode): Promise<Answer> {
  const entry: Parameters<typeof change>[1]["entry"] = (changed, stamp) =>
    expireEntry(expireResult(request, stamp, changed), changed.signature);
  return change(request, { name: EXPIRE_REFUSED, entry }, node);
}
