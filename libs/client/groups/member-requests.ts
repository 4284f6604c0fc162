import { type AccountId, PUBLIC_INBOX_MAX_TTL_MS } from "@swarmpost/storage-rpc";
import type { GroupEvent } from "./group-update.ts";

/** What a member asks admins for. */
export type MemberRequest = GroupEvent & { readonly type: "joined" | "left" };

/**
 * What members asked admins for and is not done yet. That somebody left is over once an admin has added it again, however
 * often the old notice is seen: after a restart, or because a member posted it once more, as its signature allows. What
 * is older than any message that an honest client left in the swarm does not count, so the notice of the addition is always there with it.
 */
export class MemberRequests {
  #pending: readonly MemberRequest[] = [];
  /** When an admin last added each account, as the group signed it. */
  readonly #addedMs = new Map<AccountId, number>();

  /** Takes what a look brought; `nowMs` in unix ms, network time. What is to be done now, by the senders' clocks. */
  take(events: readonly GroupEvent[], nowMs: number): readonly MemberRequest[] {
    for (const event of events) if (event.type === "added") this.#added(event.members, event.sentMs);
    const asked = events.filter((event): event is MemberRequest => event.type === "joined" || event.type === "left");
    this.#pending = [...this.#pending, ...asked]
      .filter((request) => this.#counts(request, nowMs))
      .toSorted((a, b) => a.sentMs - b.sentMs);
    return this.#pending;
  }

  /** These are done. */
  done(requests: readonly MemberRequest[]): void {
    this.#pending = this.#pending.filter((request) => !requests.includes(request));
  }

  #added(ids: readonly AccountId[], sentMs: number): void {
    for (const id of ids) this.#addedMs.set(id, Math.max(sentMs, this.#addedMs.get(id) ?? 0));
  }

  #counts({ type, from, sentMs }: MemberRequest, nowMs: number): boolean {
    const addedMs = type === "left" ? (this.#addedMs.get(from) ?? 0) : 0;
    return sentMs > Math.max(addedMs, nowMs - PUBLIC_INBOX_MAX_TTL_MS);
  }
}
