import { setTimeout as pause } from "node:timers/promises";
import type { Pubkey } from "@swarmpost/crypto";
import type { AccountId } from "@swarmpost/storage-rpc";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import type { NetworkClock } from "./network-clock.ts";
import type { Answered, NodeRequests, RequestOptions } from "./node-requests.ts";
import type { NodePool } from "./node-pool.ts";
import type { RpcReply, RpcRequest, SendOptions } from "./onion-transport.ts";
import { pick, type Random, shuffled } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import type { SwarmMembership, Swarms } from "./swarms.ts";

/** Session Desktop's retries of a message: three answers, 100 ms apart. */
const ATTEMPTS = 3;
const PAUSE_MS = 100;
/** Nodes that are asked for the time when one says that the clock is wrong: the median of three stands one lie. */
const TIME_WITNESSES = 3;

/** What the requests of a swarm work with. */
export interface SwarmRequestsParts {
  readonly requests: NodeRequests;
  readonly swarms: Swarms;
  readonly pool: NodePool;
  readonly clock: NetworkClock;
  readonly onEvent: OnEvent;
  /** Asks the seeds again because nodes say that the list is out of date; not too often, and never throws. */
  readonly refreshOnHint: () => Promise<void>;
}

/** One request that any member of an account's swarm can answer. */
export interface SwarmQuestion<T> extends SendOptions {
  readonly what: "store" | "retrieve" | "delete" | "revoke" | "unrevoke";
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
   * The first good answer. Members are asked in random order; one that nobody can reach does not use up an attempt.
   * A 421 is a hint that the swarm has changed: the first one leads to another member, the second to the seeds (once); what
   * it says of the swarm is not believed. A 406 or 425 corrects the clock (once). Throws ClientError "refused" when a node refuses the
   * request itself, "wrong-clock", or `failureCode` when every attempt failed.
   */
  async ask<T>(
    question: SwarmQuestion<T>,
    failureCode: "not-stored" | "not-read" | "refused",
  ): Promise<SwarmAnswer<T>> {
    const tried = question.only === undefined ? (question.asked ?? new Set<Pubkey>()) : new Set<Pubkey>();
    const judge = new ReplyJudge({ random: this.#random }, this.#parts);
    let reason = "its swarm has no reachable member";
    for (let attempt = 1; attempt <= ATTEMPTS; ) {
      const swarm = this.#parts.swarms.of(question.account);
      const preferred = swarm.members.find(({ pubkey: key }) => key === question.prefer && !tried.has(key));
      const member = preferred ?? this.#next(question.only === undefined ? swarm.members : [question.only], tried);
      if (member === undefined) break;
      tried.add(member.pubkey);
      const how = { ...sendOptions(question), others: question.only === undefined };
      const answered = await this.#send(member, question.make(member), how);
      if ("unreachable" in answered) {
        reason = answered.unreachable;
      } else {
        const last = this.#next(swarm.members, tried) === undefined;
        const verdict = (await judge.status(answered, member, last)) ?? question.judge(answered.reply, swarm);
        if ("result" in verdict) return { result: verdict.result, answered, member, attempts: attempt };
        reason = verdict.again;
        if (judge.retrySame) tried.delete(member.pubkey);
        attempt++;
      }
      this.#parts.onEvent({ type: "retry", what: question.what, reason });
      await pause(PAUSE_MS, undefined, question.signal === undefined ? {} : { signal: question.signal });
    }
    throw new ClientError(failureCode, `the ${question.what} failed on every member asked: ${reason}; try again`);
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

/** Reads the statuses that mean the same for every method, and acts on those that correct this client. */
class ReplyJudge {
  /** The last answer corrected this client: the same member may be asked again. */
  retrySame = false;
  readonly #random: Random;
  readonly #parts: SwarmRequestsParts;
  #clockAsked = false;
  #wrongSwarms = 0;

  constructor(options: { random: Random }, parts: SwarmRequestsParts) {
    this.#random = options.random;
    this.#parts = parts;
  }

  /** Undefined for a status that the method itself must judge. `last`: no other member is left to ask. */
  async status({ reply }: Answered, member: ServiceNode, last: boolean): Promise<{ again: string } | undefined> {
    this.retrySame = false;
    if (reply.status === 200 || reply.status === 404) return undefined;
    if (reply.status === 421) return await this.#wrongSwarm(last);
    if (reply.status === 406 || reply.status === 425) return await this.#wrongClock(member);
    if ([400, 401, 403, 413].includes(reply.status)) {
      throw new ClientError("refused", `the node refused the request (${reply.status}): ${firstLine(reply.text)}`, {
        detail: { status: reply.status, node: member.pubkey },
      });
    }
    return { again: `status ${reply.status}: ${firstLine(reply.text)}` };
  }

  async #wrongSwarm(last: boolean): Promise<{ again: string }> {
    this.#wrongSwarms++;
    if (this.#wrongSwarms === 2 || (this.#wrongSwarms === 1 && last)) await this.#parts.refreshOnHint();
    return { again: "a node says that these messages are kept elsewhere" };
  }

  async #wrongClock(member: ServiceNode): Promise<{ again: string }> {
    if (this.#clockAsked) {
      throw new ClientError(
        "wrong-clock",
        "the network says that this computer's clock is wrong: set it and try again",
      );
    }
    this.#clockAsked = true;
    this.#parts.clock.reset();
    await this.#askTheTime(member);
    this.retrySame = true;
    return { again: "the clock was off and is corrected" };
  }

  /** Asks three nodes, as the one that called the clock wrong may lie. Throws when none of them answers. */
  async #askTheTime(member: ServiceNode): Promise<void> {
    const others = this.#parts.pool.usable().filter((node) => node.pubkey !== member.pubkey);
    const nodes = [member, ...shuffled(others, this.#random).slice(0, TIME_WITNESSES - 1)];
    const info = { method: "info", params: {} };
    const answers = await Promise.allSettled(nodes.map((node) => this.#parts.requests.send(node, info)));
    const failed = answers.filter((answer) => answer.status === "rejected");
    if (failed.length === nodes.length) throw failed[0]?.reason;
  }
}

function sendOptions({ waitMs, signal }: SendOptions): SendOptions {
  return { ...(waitMs === undefined ? {} : { waitMs }), ...(signal === undefined ? {} : { signal }) };
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 200);
}
