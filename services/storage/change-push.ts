import type { Pubkey } from "@swarmpost/crypto";
import type { Swarm } from "@swarmpost/network-view";
import { LinkError, LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { CHANGES_AT_ONCE, fittingChanges, readChanges, writeChanges } from "./change-pull.ts";
import type { ChangeTable, SignedChange } from "./change-table.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { mayHandOver, type ReceiveParts, VERDICT, type Verdict } from "./handoff-receive.ts";
import type { HandoffState } from "./handoff-state.ts";
import type { NodeView } from "./node-view.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import { takeChanges, type TakeChangesParts } from "./take-changes.ts";

/** What pushing changes needs. */
export interface ChangePushParts {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly commits: CommitQueue;
  readonly changes: ChangeTable;
  readonly state: Pick<HandoffState, "erasing">;
}

const DEADLINE_MS = 15_000;

/** Takes changes from a node that was responsible for them; answers with a verdict for each, `settled` or `held` once it is here. */
export function bringChangesMethod(parts: ReceiveParts & TakeChangesParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    await parts.view.seen(reader.u64());
    const changes = readChanges(reader);
    reader.end();
    for (const { account } of changes) {
      if (!mayHandOver(parts, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "never was responsible");
    }
    const taken = await takeChanges(changes, parts);
    const verdicts = changes.map(({ account }, i): Verdict => {
      if (taken[i] !== true) return VERDICT.refused;
      return parts.whole.behind(account) ? VERDICT.held : VERDICT.settled;
    });
    return Buffer.from(verdicts);
  };
}

/** Hands changes of accounts that this node no longer keeps to those who do, and erases them only then. */
export class ChangePush {
  readonly #parts: ChangePushParts;

  constructor(parts: ChangePushParts) {
    this.#parts = parts;
  }

  /**
   * Goes once through all. Resolves with the number that stay because some member has not settled them yet; their accounts
   * (latin1) are added to `unsettled`: what that member says of their messages does not know these changes.
   */
  async run(signal: AbortSignal, unsettled: Set<string>): Promise<number> {
    let left = 0;
    for await (const page of this.#pages()) {
      if (signal.aborted) return Number.POSITIVE_INFINITY;
      for (const [swarm, changes] of this.#strays(page)) left += await this.#hand(swarm, changes, unsettled);
    }
    return left;
  }

  /** Brings all of the own swarm to one member. False when not all came there. */
  async bringAll(target: Pubkey): Promise<boolean> {
    const there = (verdict: Verdict) => verdict === VERDICT.settled || verdict === VERDICT.held;
    for await (const page of this.#pages()) {
      const own = page.filter(({ account }) => this.#parts.view.keeps(account));
      if (!(await this.#send(target, own))?.every(there)) return false;
    }
    return true;
  }

  async *#pages(): AsyncGenerator<SignedChange[]> {
    const { changes, clock } = this.#parts;
    for (let after: SignedChange | undefined; ; ) {
      const rows = await changes.page({ after, limit: CHANGES_AT_ONCE, nowMs: clock.now() });
      const page = fittingChanges(rows);
      if (page.length > 0) yield page;
      if (rows.length < CHANGES_AT_ONCE && page.length === rows.length) return;
      after = page.at(-1);
    }
  }

  /** What is not ours, by the swarm that keeps it now. */
  #strays(page: readonly SignedChange[]): Map<Swarm, SignedChange[]> {
    const { view } = this.#parts;
    const strays = new Map<Swarm, SignedChange[]>();
    for (const change of page) {
      const swarm = view.responsible(change.account);
      if (swarm === undefined || swarm.members.includes(view.self)) continue;
      strays.set(swarm, [...(strays.get(swarm) ?? []), change]);
    }
    return strays;
  }

  async #hand(swarm: Swarm, changes: readonly SignedChange[], unsettled: Set<string>): Promise<number> {
    const answers = await Promise.all(swarm.members.map((member) => this.#send(member, changes)));
    const settled = changes.filter((_, i) => answers.every((verdicts) => verdicts?.[i] === VERDICT.settled));
    for (const each of changes) if (!settled.includes(each)) unsettled.add(each.account.toString("latin1"));
    if (settled.length === 0) return changes.length;
    await this.#parts.state.erasing(settled.map(({ account }) => account));
    await this.#parts.commits.erase({ messages: [], tombstones: [], changes: settled });
    return changes.length - settled.length;
  }

  /** The target's verdict on each; undefined when it did not answer. */
  async #send(target: Pubkey, changes: readonly SignedChange[]): Promise<Verdict[] | undefined> {
    if (changes.length === 0) return [];
    const writer = new ByteWriter().u64(this.#parts.view.current.map.height);
    writeChanges(writer, changes);
    try {
      const { links } = this.#parts;
      const answer = await links.request(target, KIND.bringChanges, writer.finish(), { deadlineMs: DEADLINE_MS });
      return answer.length === changes.length ? ([...answer] as Verdict[]) : undefined;
    } catch (error) {
      if (error instanceof LinkError) return undefined;
      throw error;
    }
  }
}
