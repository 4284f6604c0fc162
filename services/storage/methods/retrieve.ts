import {
  accountBytes,
  checkRetrieveAuth,
  isTesting,
  messageHashBytes,
  messageHashFromBytes,
  type RetrieveRequest,
  retrieveLimits,
  retrieveReply,
  rowsToRead,
} from "@swarmpost/storage-rpc";
import type { Poll } from "../poll-statement.ts";
import { type Answer, ok, refused } from "./answer.ts";
import type { Method, MethodNode } from "./node.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `retrieve`: a page of one namespace, from a node that holds everything of the account. */
export const retrieve: Method<RetrieveRequest> = async (request, node) => {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkRetrieveAuth(request, node.clock.now(), node.convert);
  if (refusal) return refused(refusal);
  // Always from the own copies, so that `last_hash` means the same on every page.
  await node.accounts.complete(accountBytes(request.account));
  return readHere(request, node);
};

async function readHere(request: RetrieveRequest, node: MethodNode): Promise<Answer> {
  const { messages, more } = isTesting(request.namespace)
    ? { messages: [], more: false }
    : await node.polls.poll(toPoll(request));
  const found = messages.map(({ hash, timestampMs, expiryMs, data }) => ({
    hash: messageHashFromBytes(hash),
    timestamp: timestampMs,
    expiry: expiryMs,
    data,
  }));
  return ok(retrieveReply(found, more, node.clock.now()));
}

function toPoll(request: RetrieveRequest): Poll {
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
