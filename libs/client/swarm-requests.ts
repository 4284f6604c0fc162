import type { Pubkey } from "@swarmpost/crypto";
import type { AccountId } from "@swarmpost/storage-rpc";
import { backOff } from "./back-off.ts";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { Answered, NodeRequests, RequestOptions } from "./node-requests.ts";
import type { NodePool } from "./node-pool.ts";
import type { RpcReply, RpcRequest, SendOptions } from "./onion-transport.ts";
import { pick, type Random } from "./path.ts";
import { ReplyJudge } from "./reply-judge.ts";
import type { ServiceNode } from "./service-node.ts";
import type { SwarmMembership, Swarms } from "./swarms.ts";

/** Session Desktop's retries of a message: three answers. */
const ATTEMPTS = 3;
/** Two questions go out side by side: in a swarm of so many each finds a second member to check a refusal with. */
const WITNESSED = 3;

/** What the requests of a swarm work with. */
export interface SwarmRequestsParts {
  readonly requests: NodeRequests;
  readonly swarms: Swarms;
  readonly pool: NodePool;
  readonly clock: NetworkClock;
  readonly onEvent: OnEvent;
  /** Asks the seeds again because nodes say that the list is out of date; not too often. Throws the signal's reason only. */
  readonly refreshOnHint: (signal?: AbortSignal) => Promise<void>;
}

/** What a member is asked to do. */
export type SwarmTask = "store" | "retrieve" | "delete" | "expire" | "revoke" | "unrevoke";

/** One request that any member of an account's swarm can answer. */
export interface SwarmQuestion<T> extends SendOptions {
  readonly what: SwarmTask;
  readonly account: AccountId;
  /** Makes the request for a member; called again for each try, so that times in it are fresh. */
  readonly make: (member: ServiceNode) => RpcRequest;
  /** Members not to ask; those asked are added. Shared by questions that go out side by side. */
  readonly asked?: Set<Pubkey>;
  /** The member to ask first, while it is one. */
  readonly prefer?: Pubkey;
  /** The one member to ask. */
  readonly only?: ServiceNode;
  /** Judges an answer with a good status: the result, or why another member must be asked. */
  readonly judge: (reply: RpcReply, swarm: SwarmMembership) => { result: T } | { again: string };
}

/** A result and how it came. */
export interface SwarmAnswer<T> {
  readonly result: T;
  readonly answered: Answered;
  readonly member: ServiceNode;
  readonly attempts: number;
}

/** Asks members of a swarm until one gives a good answer. */
export class SwarmRequests {
  readonly #random: Random;
  readonly #parts: SwarmRequestsParts;

  constructor(options: { random: Random }, parts: SwarmRequestsParts) {
    this.#random = options.random;
    this.#parts = parts;
  }

  /**
   * The first good answer. Members are asked in random order, with a growing wait in between; one that nobody can reach does
   * not use up an attempt. A 421 is a hint that the swarm has changed: the first one leads to another member, the second to the
   * seeds (once); what it says of the swarm is not believed. A 406 or 425 corrects the clock (once). A refusal of the request
   * itself is believed when a second member refuses it too; in a swarm of less than three at once. Throws ClientError "refused", "wrong-clock",
   * or `failureCode` when every attempt failed, and the signal's reason, which says why it had not come to an end yet.
   */
  async ask<T>(
    question: SwarmQuestion<T>,
    failureCode: "not-stored" | "not-read" | "refused",
  ): Promise<SwarmAnswer<T>> {
    const asking = { reason: "its swarm has no reachable member" };
    try {
      return await this.#ask(question, failureCode, asking);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== "timed-out") throw error;
      throw new ClientError("timed-out", `${error.message} (the ${question.what} so far: ${asking.reason})`, {
        cause: error,
      });
    }
  }

  async #ask<T>(
    question: SwarmQuestion<T>,
    failureCode: "not-stored" | "not-read" | "refused",
    asking: { reason: string },
  ): Promise<SwarmAnswer<T>> {
    const { only, signal, what } = question;
    const tried = only === undefined ? (question.asked ?? new Set<Pubkey>()) : new Set<Pubkey>();
    const judge = new ReplyJudge({ random: this.#random, signal }, this.#parts);
    for (let [attempt, tries] = [1, 1]; attempt <= ATTEMPTS; tries++) {
      const swarm = this.#parts.swarms.of(question.account);
      const preferred = swarm.members.find(({ pubkey: key }) => key === question.prefer && !tried.has(key));
      const member = preferred ?? this.#next(only === undefined ? swarm.members : [only], tried);
      if (member === undefined) break;
      tried.add(member.pubkey);
      const how = { ...sendOptions(question), others: only === undefined };
      const answered = await this.#send(member, question.make(member), how);
      if ("unreachable" in answered) {
        asking.reason = answered.unreachable;
      } else {
        const last = this.#next(swarm.members, tried) === undefined;
        const alone = only !== undefined || swarm.members.length < WITNESSED;
        const verdict =
          (await judge.status(answered, member, { last, alone })) ?? question.judge(answered.reply, swarm);
        if ("result" in verdict) return { result: verdict.result, answered, member, attempts: attempt };
        asking.reason = verdict.again;
        if (judge.retrySame) tried.delete(member.pubkey);
        attempt++;
      }
      this.#parts.onEvent({ type: "retry", what, reason: asking.reason });
      await backOff(tries, this.#random, signal);
    }
    const message = `the ${what} failed on every member asked: ${asking.reason}; try again`;
    throw new ClientError(failureCode, message, { detail: judge.detail() });
  }

  /** A random member that was not tried; those that may be used first. */
  #next(members: readonly ServiceNode[], tried: ReadonlySet<Pubkey>): ServiceNode | undefined {
    const left = members.filter((node) => !tried.has(node.pubkey));
    const usable = left.filter((node) => this.#parts.pool.isUsable(node.pubkey));
    return pick(usable, this.#random) ?? pick(left, this.#random);
  }

  async #send(
    member: ServiceNode,
    request: RpcRequest,
    how: RequestOptions,
  ): Promise<Answered | { unreachable: string }> {
    try {
      return await this.#parts.requests.send(member, request, how);
    } catch (error) {
      if (error instanceof ClientError && error.code === "path-failed") return { unreachable: error.message };
      throw error;
    }
  }
}

function sendOptions({ waitMs, signal }: SendOptions): SendOptions {
  return { ...(waitMs === undefined ? {} : { waitMs }), ...(signal === undefined ? {} : { signal }) };
}
