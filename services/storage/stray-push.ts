import type { Pubkey } from "@swarmpost/crypto";
import type { Swarm } from "@swarmpost/network-view";
import type { CommitQueue } from "./commit-queue.ts";
import { type Bundle, offer, type OfferParts } from "./handoff-offer.ts";
import type { HandoffState } from "./handoff-state.ts";
import { VERDICT, type Verdict } from "./handoff-receive.ts";
import type { MessageEntry, MessageKey, TombstoneEntry, TombstoneKey } from "./message-key.ts";
import { KeptPush } from "./kept-push.ts";
import type { KeptRequests } from "./kept-requests.ts";

/** What pushing needs. */
export interface StrayPushParts extends OfferParts {
  readonly commits: CommitQueue;
  readonly kept: readonly KeptRequests[];
  readonly state: Pick<HandoffState, "erasing">;
}

const PAGE = 1_000;

/** Hands messages and tombstones that this node no longer keeps to those who do, and erases them only then. */
export class StrayPush {
  readonly #parts: StrayPushParts;
  readonly #kept: readonly KeptPush[];

  constructor(parts: StrayPushParts) {
    this.#parts = parts;
    this.#kept = parts.kept.map((requests) => new KeptPush(requests, parts));
  }

  /**
   * Goes once through everything. Resolves with the number of things that stay because some member has not settled them
   * yet: 0 means that nothing stray is left.
   */
  async run(signal: AbortSignal): Promise<number> {
    const unsettled = new Set<string>();
    let left = 0;
    for (const each of this.#kept) left += await each.run(signal, unsettled);
    for await (const bundle of this.#bundles()) {
      if (signal.aborted) return Number.POSITIVE_INFINITY;
      for (const [swarm, part] of this.#bySwarm(bundle)) left += await this.#hand(swarm, part, unsettled);
    }
    return left;
  }

  /** Offers everything of the own swarm to one member, which missed more than was kept for it. False when not all came there. */
  async offerAll(target: Pubkey): Promise<boolean> {
    const { view } = this.#parts;
    for (const each of this.#kept) if (!(await each.bringAll(target))) return false;
    for await (const bundle of this.#bundles()) {
      const own = {
        messages: bundle.messages.filter((entry) => view.keeps(entry.account)),
        tombstones: bundle.tombstones.filter((entry) => view.keeps(entry.account)),
      };
      if (size(own) > 0 && !(await this.#bring(target, own))) return false;
    }
    return true;
  }

  /** True once the target says that everything is there: what it wanted is sent, then offered again. */
  async #bring(target: Pubkey, bundle: Bundle): Promise<boolean> {
    const there = (verdict: Verdict) => verdict === VERDICT.settled || verdict === VERDICT.held;
    const verdicts = await offer(target, bundle, this.#parts);
    if (verdicts === undefined || verdicts.every(there)) return verdicts !== undefined;
    return (await offer(target, bundle, this.#parts))?.every(there) ?? false;
  }

  /** Everything here, page by page. */
  async *#bundles(): AsyncGenerator<Bundle> {
    const { messages, tombstones, clock } = this.#parts;
    for (let after: TombstoneKey | undefined; ; ) {
      const page = await tombstones.page(after, PAGE, clock.now());
      if (page.length > 0) yield { messages: [], tombstones: page };
      if (page.length < PAGE) break;
      after = page.at(-1);
    }
    for (let after: MessageKey | undefined; ; ) {
      const page = await messages.page(after, PAGE, clock.now());
      if (page.length > 0) yield { messages: page, tombstones: [] };
      if (page.length < PAGE) break;
      after = page.at(-1);
    }
  }

  /** What is not ours, by the swarm that keeps it now. */
  #bySwarm(bundle: Bundle): Map<Swarm, { messages: MessageEntry[]; tombstones: TombstoneEntry[] }> {
    const parts = new Map<Swarm, { messages: MessageEntry[]; tombstones: TombstoneEntry[] }>();
    const part = (account: Buffer) => {
      const swarm = this.#parts.view.responsible(account);
      if (swarm === undefined || swarm.members.includes(this.#parts.view.self)) return undefined;
      const known = parts.get(swarm) ?? { messages: [], tombstones: [] };
      parts.set(swarm, known);
      return known;
    };
    for (const entry of bundle.messages) part(entry.account)?.messages.push(entry);
    for (const entry of bundle.tombstones) part(entry.account)?.tombstones.push(entry);
    return parts;
  }

  /** Offers to every member; erases what all of them, whole themselves, said to have. Resolves with what stays. */
  async #hand(swarm: Swarm, bundle: Bundle, unsettled: ReadonlySet<string>): Promise<number> {
    const answers = await Promise.all(swarm.members.map((member) => offer(member, bundle, this.#parts)));
    const settled = (i: number) => answers.every((verdicts) => verdicts?.[i] === VERDICT.settled);
    // A member that lacks an extension says of a message that it has ended.
    const judged = ({ account }: MessageEntry) => !unsettled.has(account.toString("latin1"));
    const messages = bundle.messages.filter((entry, i) => settled(i) && judged(entry));
    const tombstones = bundle.tombstones.filter((_, i) => settled(bundle.messages.length + i));
    const accounts = [...messages, ...tombstones].map((entry) => entry.account);
    if (accounts.length > 0) await this.#parts.state.erasing(accounts);
    await this.#parts.commits.erase({
      messages: messages.map((entry) => ({ ...entry, stampMs: entry.stamp.ms })),
      tombstones: tombstones.map((entry) => ({ ...entry, stampMs: entry.stamp.ms })),
    });
    return size(bundle) - messages.length - tombstones.length;
  }
}

function size(bundle: Bundle): number {
  return bundle.messages.length + bundle.tombstones.length;
}
