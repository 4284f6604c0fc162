import { accountBytes, type RetrieveRequest } from "@swarmpost/storage-rpc";
import type { LongPollWait } from "../long-poll-wait.ts";
import { type Answer, notReady } from "./answer.ts";
import type { Caller } from "./caller.ts";
import type { MethodNode } from "./node.ts";
import { pageAnswer, pollOf } from "./page.ts";
import { revokedReader } from "./reader.ts";
import { wrongSwarm } from "./wrong-swarm.ts";

/** What the way back takes: an answer that comes with the caller's last millisecond comes too late. */
const MARGIN_MS = 500;

/**
 * Answers a `retrieve` that may be read as soon as there are messages, at the latest after its wait. When too many wait already
 * it answers at once. Source: docs/protocol/long-poll.md.
 */
export async function awaitMessages(request: RetrieveRequest, node: MethodNode, caller: Caller): Promise<Answer> {
  const poll = pollOf(request);
  using wait = node.waits.enter(poll, callerName(request));
  if (!wait) {
    node.waited("full");
    return pageAnswer(await node.polls.poll(poll), node);
  }
  const untilMs = performance.now() + Math.min(request.waitMs, caller.remainingMs - MARGIN_MS);
  return await firstMessages(wait, { request, node, caller, untilMs });
}

interface Awaited {
  readonly request: RetrieveRequest;
  readonly node: MethodNode;
  readonly caller: Caller;
  /** Of `performance.now()`. */
  readonly untilMs: number;
}

async function firstMessages(wait: LongPollWait, { request, node, caller, untilMs }: Awaited): Promise<Answer> {
  let page = await wait.look();
  while (page.messages.length === 0) {
    const why = await wait.next(untilMs - performance.now(), caller.enough);
    switch (why) {
      case "over":
        node.waited("nothing");
        return pageAnswer(page, node);
      case "closing":
        node.waited("ended");
        return notReady("shutting down");
      case "rights": {
        const refusal = wrongSwarm(request.account, node) ?? (await revokedReader(request, node));
        if (refusal) {
          node.waited("ended");
          return refusal;
        }
        // The weightier reason hides a commit of the same moment, so that is looked for all the same.
        page = await wait.look();
        break;
      }
      case "stored":
        page = await wait.look();
    }
  }
  node.waited("messages", wait.wokenAt);
  return pageAnswer(page, node);
}

/** An account, one of its subaccounts, or all who read an account without a signature. */
function callerName({ account, signed }: RetrieveRequest): string {
  const who = signed ? (signed.auth.subaccount?.token.toString("latin1") ?? "account") : "";
  return `${accountBytes(account).toString("latin1")}${who}`;
}
