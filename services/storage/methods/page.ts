import {
  accountBytes,
  messageHashBytes,
  messageHashFromBytes,
  type RetrieveRequest,
  retrieveLimits,
  retrieveReply,
  rowsToRead,
} from "@swarmpost/storage-rpc";
import type { Poll, PollResult } from "../poll-statement.ts";
import { type Answer, ok } from "./answer.ts";
import type { MethodNode } from "./node.ts";

/** What a `retrieve` asks of the database. */
export function pollOf(request: RetrieveRequest): Poll {
  const limits = retrieveLimits(request);
  return {
    account: accountBytes(request.account),
    namespace: request.namespace,
    lastHash: request.lastHash && messageHashBytes(request.lastHash),
    maxCount: rowsToRead(limits) - 1,
    maxSize: limits.size,
    reverse: request.reverse,
  };
}

/** The answer to a `retrieve` that found this page. */
export function pageAnswer({ messages, more }: PollResult, node: MethodNode): Answer {
  const found = messages.map(({ hash, timestampMs, expiryMs, data }) => ({
    hash: messageHashFromBytes(hash),
    timestamp: timestampMs,
    expiry: expiryMs,
    data,
  }));
  return ok(retrieveReply(found, more, node.clock.now()));
}
