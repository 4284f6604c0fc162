import {
  accountBytes,
  checkRetrieveAuth,
  isTesting,
  type RetrieveReply,
  type RetrieveRequest,
} from "@swarmpost/storage-rpc";
import { type Answer, refused } from "./answer.ts";
import { awaitMessages } from "./await-messages.ts";
import type { Caller } from "./caller.ts";
import type { Method, MethodNode } from "./node.ts";
import { pageAnswer, pollOf } from "./page.ts";
import { revokedReader } from "./reader.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** `retrieve`: a page of one namespace, from a node that holds everything of the account; at once, or when there is something. */
export const retrieve: Method<RetrieveRequest> = async (request, node, caller) => {
  let news = true;
  try {
    const answer = await read(request, node, caller);
    news = answer.status !== 200 || (answer.body as RetrieveReply).messages.length > 0;
    return answer;
  } finally {
    if (news) caller.answered();
  }
};

async function read(request: RetrieveRequest, node: MethodNode, caller: Caller): Promise<Answer> {
  const elsewhere = wrongSwarm(request.account, node);
  if (elsewhere) return elsewhere;
  const refusal = checkRetrieveAuth(request, node.clock.now(), node.convert);
  if (refusal) return refused(refusal);
  const revoked = await revokedReader(request, node);
  if (revoked) return revoked;
  // Always from the own copies, so that `last_hash` means the same on every page.
  await node.accounts.complete(accountBytes(request.account));
  return readHere(request, node, caller);
}

async function readHere(request: RetrieveRequest, node: MethodNode, caller: Caller): Promise<Answer> {
  if (isTesting(request.namespace)) return pageAnswer({ messages: [], more: false }, node);
  if (request.waitMs > 0) return awaitMessages(request, node, caller);
  return pageAnswer(await node.polls.poll(pollOf(request)), node);
}
