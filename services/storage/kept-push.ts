import type { Pubkey } from "@swarmpost/crypto";
import type { Swarm } from "@swarmpost/network-view";
import { LinkError, LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { mayHandOver, type ReceiveParts, VERDICT, type Verdict } from "./handoff-receive.ts";
import type { HandoffState } from "./handoff-state.ts";
import type { NodeView } from "./node-view.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { knowsNot, REFUSAL } from "./replica-kinds.ts";
import { framePage, readRequests, type KeptRequests, writeRequests } from "./kept-requests.ts";
import type { RequestKey, SignedRequest } from "./signed-request.ts";

/** What pushing kept requests needs. */
export interface KeptPushParts {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly commits: CommitQueue;
  readonly state: Pick<HandoffState, "erasing">;
}

const DEADLINE_MS = 15_000;

/**
 * Takes requests of one kind from a node that was responsible for them; answers with a verdict for each, `settled` or `held`
 * once it is here.
 */
export function bringKeptMethod(requests: KeptRequests, parts: ReceiveParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    await parts.view.seen(reader.u64());
    const records = readRequests(reader, requests.record);
    reader.end();
    for (const { account } of records) {
      if (!mayHandOver(parts, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "never was responsible");
    }
    const taken = await requests.take(records);
    const verdicts = records.map(({ account }, i): Verdict => {
      if (taken[i] !== true) return VERDICT.refused;
      return parts.whole.behind(account) ? VERDICT.held : VERDICT.settled;
    });
    return Buffer.from(verdicts);
  };
}

/** What a node says to requests that it is brought: a verdict on each, that it knows none such, or nothing. */
type Reply = readonly Verdict[] | "unknown" | undefined;

/** Hands requests of accounts that this node no longer keeps to those who do, and erases them only then. */
export class KeptPush {
  readonly #requests: KeptRequests;
  readonly #parts: KeptPushParts;

  constructor(requests: KeptRequests, parts: KeptPushParts) {
    this.#requests = requests;
    this.#parts = parts;
  }

  /**
   * Goes once through all. Resolves with the number that stay because some member has not settled them yet; their accounts
   * (latin1) are added to `unsettled`: what that member says of their messages does not know these requests.
   */
  async run(signal: AbortSignal, unsettled: Set<string>): Promise<number> {
    let left = 0;
    for await (const page of this.#pages()) {
      if (signal.aborted) return Number.POSITIVE_INFINITY;
      for (const [swarm, requests] of this.#strays(page)) left += await this.#hand(swarm, requests, unsettled);
    }
    return left;
  }

  /**
   * Brings all of the own swarm to one member. False when not all came there. A member whose program does not know such
   * requests pulls all of them once it does.
   */
  async bringAll(target: Pubkey): Promise<boolean> {
    for await (const page of this.#pages()) {
      const reply = await this.#send(
        target,
        page.filter(({ account }) => this.#parts.view.keeps(account)),
      );
      if (reply === "unknown") return true;
      if (!reply?.every((verdict) => verdict === VERDICT.settled || verdict === VERDICT.held)) return false;
    }
    return true;
  }

  async *#pages(): AsyncGenerator<readonly SignedRequest[]> {
    for (let after: RequestKey | undefined; ; ) {
      const { page, next } = await framePage(this.#requests, { after });
      if (page.length > 0) yield page;
      if (next === undefined) return;
      after = next;
    }
  }

  /** What is not ours, by the swarm that keeps it now. */
  #strays(page: readonly SignedRequest[]): Map<Swarm, SignedRequest[]> {
    const { view } = this.#parts;
    const strays = new Map<Swarm, SignedRequest[]>();
    for (const request of page) {
      const swarm = view.responsible(request.account);
      if (swarm === undefined || swarm.members.includes(view.self)) continue;
      strays.set(swarm, [...(strays.get(swarm) ?? []), request]);
    }
    return strays;
  }

  async #hand(swarm: Swarm, requests: readonly SignedRequest[], unsettled: Set<string>): Promise<number> {
    const replies = await Promise.all(swarm.members.map((member) => this.#send(member, requests)));
    const isSettled = (i: number) => replies.every((reply) => reply !== "unknown" && reply?.[i] === VERDICT.settled);
    const settled = requests.filter((_, i) => isSettled(i));
    for (const [i, { account }] of requests.entries()) if (!isSettled(i)) unsettled.add(account.toString("latin1"));
    if (settled.length === 0) return requests.length;
    await this.#parts.state.erasing(settled.map(({ account }) => account));
    await this.#parts.commits.erase({ messages: [], tombstones: [], ...this.#requests.erasure(settled) });
    return requests.length - settled.length;
  }

  async #send(target: Pubkey, requests: readonly SignedRequest[]): Promise<Reply> {
    if (requests.length === 0) return [];
    const { links, view } = this.#parts;
    const writer = new ByteWriter().u64(view.current.map.height);
    writeRequests(writer, this.#requests.record, requests);
    try {
      const { bring } = this.#requests.kinds;
      const answer = await links.request(target, bring, writer.finish(), { deadlineMs: DEADLINE_MS });
      return answer.length === requests.length ? ([...answer] as Verdict[]) : undefined;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return knowsNot(error) ? "unknown" : undefined;
    }
  }
}
