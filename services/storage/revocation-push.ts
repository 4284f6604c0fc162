import type { Pubkey } from "@swarmpost/crypto";
import type { Swarm } from "@swarmpost/network-view";
import { LinkError, LinkRefusal, type PeerLinks } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { writeList } from "./handoff-codec.ts";
import { mayHandOver, type ReceiveParts, VERDICT, type Verdict } from "./handoff-receive.ts";
import type { HandoffState } from "./handoff-state.ts";
import type { NodeView } from "./node-view.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { RevocationRecord } from "./record.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND, REFUSAL } from "./replica-kinds.ts";
import { REVOCATIONS_AT_ONCE } from "./revocation-pull.ts";
import type { RevocationTable } from "./revocation-table.ts";
import { takeRevocations } from "./take-records.ts";

/** What pushing revocations needs. */
export interface RevocationPushParts {
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly commits: CommitQueue;
  readonly revocationTable: RevocationTable;
  readonly state: Pick<HandoffState, "erasing">;
}

const DEADLINE_MS = 15_000;

/** Takes revocations from a node that was responsible for them; answers with a verdict for each, `settled` or `held` once it is here. */
export function handRevocationsMethod(parts: ReceiveParts & { revocationTable: RevocationTable }): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    await parts.view.seen(reader.u64());
    const records = reader.list(REVOCATIONS_AT_ONCE, decodeRecord).filter((record) => record.kind === "revocation");
    reader.end();
    for (const { account } of records) {
      if (!mayHandOver(parts, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "never was responsible");
    }
    const taken = await takeRevocations(records, parts);
    const verdicts = records.map(({ account }, i): Verdict => {
      if (taken[i] !== true) return VERDICT.refused;
      return parts.whole.behind(account) ? VERDICT.held : VERDICT.settled;
    });
    return Buffer.from(verdicts);
  };
}

/** Hands revocations that this node no longer keeps to those who do, and erases them only then. */
export class RevocationPush {
  readonly #parts: RevocationPushParts;

  constructor(parts: RevocationPushParts) {
    this.#parts = parts;
  }

  /** Goes once through all. Resolves with the number that stay because some member has not settled them yet. */
  async run(signal: AbortSignal): Promise<number> {
    let left = 0;
    for await (const page of this.#pages()) {
      if (signal.aborted) return Number.POSITIVE_INFINITY;
      for (const [swarm, records] of this.#strays(page)) left += await this.#hand(swarm, records);
    }
    return left;
  }

  /** Brings all of the own swarm to one member. False when not all came there. */
  async bringAll(target: Pubkey): Promise<boolean> {
    for await (const page of this.#pages()) {
      const own = page.filter(({ account }) => this.#parts.view.keeps(account));
      const verdicts = await this.#send(target, own);
      const there = (verdict: Verdict) => verdict === VERDICT.settled || verdict === VERDICT.held;
      if (!verdicts?.every(there)) return false;
    }
    return true;
  }

  async *#pages(): AsyncGenerator<RevocationRecord[]> {
    const { revocationTable } = this.#parts;
    for (let after: Buffer | undefined; ; ) {
      const page = await revocationTable.page(after, REVOCATIONS_AT_ONCE);
      if (page.length > 0) yield page.map(({ record }) => record);
      if (page.length < REVOCATIONS_AT_ONCE) return;
      after = page.at(-1)?.id;
    }
  }

  /** What is not ours, by the swarm that keeps it now. */
  #strays(page: readonly RevocationRecord[]): Map<Swarm, RevocationRecord[]> {
    const { view } = this.#parts;
    const strays = new Map<Swarm, RevocationRecord[]>();
    for (const record of page) {
      const swarm = view.responsible(record.account);
      if (swarm === undefined || swarm.members.includes(view.self)) continue;
      strays.set(swarm, [...(strays.get(swarm) ?? []), record]);
    }
    return strays;
  }

  async #hand(swarm: Swarm, records: readonly RevocationRecord[]): Promise<number> {
    const answers = await Promise.all(swarm.members.map((member) => this.#send(member, records)));
    const settled = records.filter((_, i) => answers.every((verdicts) => verdicts?.[i] === VERDICT.settled));
    if (settled.length === 0) return records.length;
    await this.#parts.state.erasing(settled.map(({ account }) => account));
    await this.#parts.commits.erase({ messages: [], tombstones: [], revocations: settled });
    return records.length - settled.length;
  }

  /** The target's verdict on each; undefined when it did not answer. */
  async #send(target: Pubkey, records: readonly RevocationRecord[]): Promise<Verdict[] | undefined> {
    if (records.length === 0) return [];
    const writer = new ByteWriter().u64(this.#parts.view.current.map.height);
    writeList(writer, records, (each, record) => each.bytes(encodeRecord(record)));
    try {
      const { links } = this.#parts;
      const answer = await links.request(target, KIND.handRevocations, writer.finish(), { deadlineMs: DEADLINE_MS });
      return answer.length === records.length ? ([...answer] as Verdict[]) : undefined;
    } catch (error) {
      if (error instanceof LinkError) return undefined;
      throw error;
    }
  }
}
