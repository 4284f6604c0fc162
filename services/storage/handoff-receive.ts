import type { Pubkey } from "@swarmpost/crypto";
import { LinkRefusal } from "@swarmpost/rpc";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { MAX_ENTRIES, readDeletion, readEntry, readTombstone, writeList } from "./handoff-codec.ts";
import type { HandoffState } from "./handoff-state.ts";
import { heldHere } from "./held-messages.ts";
import type { ChangeTable } from "./change-table.ts";
import type { MessageTable } from "./message-table.ts";
import type { NodeView } from "./node-view.ts";
import type { Wholeness } from "./wholeness.ts";
import { decodeRecord } from "./record-codec.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { REFUSAL } from "./replica-kinds.ts";
import { type TakeParts, takeRecords, takeTombstones } from "./take-records.ts";
import type { TombstoneTable } from "./tombstone-table.ts";

/** What a member says to each offered thing. */
export const VERDICT = {
  /** It is here, and this node is whole for the account: the offerer may rely on it. */
  settled: 0,
  /** Send it. */
  wanted: 1,
  /** It is here, but this node still lacks other things of the account. */
  held: 2,
  /** Not ours, or the offerer never was responsible for it. */
  refused: 3,
} as const;

/** One of VERDICT's numbers. */
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** What the receiving side of a handoff needs. */
export interface ReceiveParts extends TakeParts {
  readonly view: NodeView;
  readonly state: HandoffState;
  readonly whole: Wholeness;
  readonly messages: MessageTable;
  readonly tombstones: TombstoneTable;
  readonly changes: ChangeTable;
  /** Told how many records were taken. */
  readonly onReceived: (count: number) => void;
}

/** Says what of an offer is wanted: u8 for each message, then u8 for each tombstone. */
export function offerMethod(parts: ReceiveParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    await parts.view.seen(reader.u64());
    const entries = reader.list(MAX_ENTRIES, readEntry);
    const tombstones = reader.list(MAX_ENTRIES, readTombstone);
    reader.end();
    const exact = (entry: { account: Buffer }) => !mayHandOver(parts, peer, entry.account);
    const held = await heldHere(entries, parts, entries.map(exact));
    const buried = await parts.tombstones.holds(tombstones, tombstones.map(exact));
    const verdicts = [
      ...entries.map((entry, i) => verdict(parts, peer, entry.account, held[i] === true)),
      ...tombstones.map((entry, i) => verdict(parts, peer, entry.account, buried[i] === true)),
    ];
    return Buffer.from(verdicts);
  };
}

/** Takes messages and tombstones from a node that was responsible for them; answers with u8 1 or 0 for each. */
export function handOverMethod(parts: ReceiveParts): ReplicaMethod {
  return async (peer, payload) => {
    const reader = new ByteReader(payload);
    await parts.view.seen(reader.u64());
    const records = reader.list(MAX_ENTRIES, decodeRecord);
    const deletions = reader.list(MAX_ENTRIES, readDeletion);
    const tombstones = reader.list(MAX_ENTRIES, readTombstone);
    reader.end();
    const stores = records.filter((record) => record.kind === "store");
    for (const { account } of [...stores, ...tombstones]) {
      if (!mayHandOver(parts, peer, account)) throw new LinkRefusal(REFUSAL.stranger, "never was responsible");
    }
    const taken = await takeRecords(stores, parts);
    const buried = await takeTombstones(deletions, tombstones, parts);
    parts.onReceived(taken.filter(Boolean).length);
    const writer = new ByteWriter();
    writeList(writer, [...taken, ...buried], (target, each) => target.u8(each ? 1 : 0));
    return writer.finish();
  };
}

function verdict(parts: ReceiveParts, peer: Pubkey, account: Buffer, here: boolean): Verdict {
  if (!parts.view.keeps(account)) return VERDICT.refused;
  // Whoever names a message with its very stamp has it: to tell that it is here gives nothing away.
  if (here) return parts.whole.behind(account) ? VERDICT.held : VERDICT.settled;
  return mayHandOver(parts, peer, account) ? VERDICT.wanted : VERDICT.refused;
}

/** Whether a node is a member, or was responsible for the account. */
export function mayHandOver(parts: Pick<ReceiveParts, "view" | "state">, peer: Pubkey, account: Buffer): boolean {
  return parts.view.responsible(account)?.members.includes(peer) || parts.state.wasResponsible(peer, account);
}
