import { ClientError, type ClientErrorDetail } from "./client-error.ts";
import type { Answered } from "./node-requests.ts";
import { type Random, shuffled } from "./path.ts";
import type { ServiceNode } from "./service-node.ts";
import type { SwarmRequestsParts } from "./swarm-requests.ts";

/** Nodes that are asked for the time when one says that the clock is wrong: the median of three stands one lie. */
const TIME_WITNESSES = 3;
/** Members that must refuse a request before that is believed. */
const REFUSALS = 2;
/** Statuses that refuse the request itself, whoever is asked: malformed, no right to it, no such thing, too large. */
const REFUSED: readonly number[] = [400, 401, 403, 404, 413];

/** Reads the statuses that mean the same for every method, and acts on those that correct this client. */
export class ReplyJudge {
  /** The last answer corrected this client: the same member may be asked again. */
  retrySame = false;
  readonly #options: { random: Random; signal: AbortSignal | undefined };
  readonly #parts: SwarmRequestsParts;
  readonly #refusedBy: string[] = [];
  #status: number | undefined;
  #clockAsked = false;
  #wrongSwarms = 0;

  constructor(options: { random: Random; signal: AbortSignal | undefined }, parts: SwarmRequestsParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Undefined for a status that the method itself must judge. `last`: no other member is left to ask; `alone`: there is none
   * whose word could stand against this one's.
   */
  async status(
    { reply }: Answered,
    member: ServiceNode,
    { last, alone }: { last: boolean; alone: boolean },
  ): Promise<{ again: string } | undefined> {
    this.retrySame = false;
    if (reply.status === 200) return undefined;
    if (reply.status === 421) return await this.#wrongSwarm(last);
    if (reply.status === 406 || reply.status === 425) return await this.#wrongClock(member);
    const again = `status ${reply.status}: ${firstLine(reply.text)}`;
    if (!REFUSED.includes(reply.status)) return { again };
    this.#refusedBy.push(member.pubkey);
    this.#status = reply.status;
    if (!alone && this.#refusedBy.length < REFUSALS) return { again };
    const message = `the node refused the request (${reply.status}): ${firstLine(reply.text)}`;
    throw new ClientError("refused", message, { detail: this.detail() });
  }

  /** Who refused, for an error. */
  detail(): ClientErrorDetail {
    const node = this.#refusedBy.at(-1);
    if (node === undefined || this.#status === undefined) return {};
    return { status: this.#status, node, refusedBy: [...this.#refusedBy] };
  }

  async #wrongSwarm(last: boolean): Promise<{ again: string }> {
    this.#wrongSwarms++;
    if (this.#wrongSwarms === 2 || (this.#wrongSwarms === 1 && last))
      await this.#parts.refreshOnHint(this.#options.signal);
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
    const nodes = [member, ...shuffled(others, this.#options.random).slice(0, TIME_WITNESSES - 1)];
    const info = { method: "info", params: {} };
    const { signal } = this.#options;
    const how = signal === undefined ? {} : { signal };
    const answers = await Promise.allSettled(nodes.map((node) => this.#parts.requests.send(node, info, how)));
    signal?.throwIfAborted();
    const failed = answers.filter((answer) => answer.status === "rejected");
    if (failed.length === nodes.length) throw failed[0]?.reason;
  }
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 200);
}
