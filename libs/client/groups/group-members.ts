import { type AccountId, accountBytes, parseAccountId } from "@swarmpost/storage-rpc";
import type { ConfigDict } from "../config/config-diff.ts";
import { numberOf, textOf } from "./group-info.ts";

/**
 * How far a member is: an invitation or a promotion is not sent, could not be sent or is sent until it is accepted; removed
 * ones are listed until an admin has finished with them.
 */
export type MemberState =
  | "invite-not-sent"
  | "invite-failed"
  | "invited"
  | "member"
  | "promotion-not-sent"
  | "promotion-failed"
  | "promoted"
  | "admin"
  | "removed";

/** A member as the group's list has it. */
export interface GroupMember {
  readonly id: AccountId;
  /** As an admin wrote it; empty for none. */
  readonly name: string;
  readonly state: MemberState;
}

/** What the list writes for each state: `I` invitation, `A` admin, `P` promotion, `R` removed; absent is 0. */
const WRITTEN: Record<MemberState, { I: bigint; A: bigint; P: bigint; R: bigint }> = {
  "invite-not-sent": { I: 3n, A: 0n, P: 0n, R: 0n },
  "invite-failed": { I: 2n, A: 0n, P: 0n, R: 0n },
  invited: { I: 1n, A: 0n, P: 0n, R: 0n },
  member: { I: 0n, A: 0n, P: 0n, R: 0n },
  "promotion-not-sent": { I: 0n, A: 1n, P: 3n, R: 0n },
  "promotion-failed": { I: 0n, A: 1n, P: 2n, R: 0n },
  promoted: { I: 0n, A: 1n, P: 1n, R: 0n },
  admin: { I: 0n, A: 1n, P: 0n, R: 0n },
  removed: { I: 0n, A: 0n, P: 0n, R: 1n },
};

/** Reads the members config: `m`, a dictionary by account ID (33 bytes) of `n` name and the flags of the state. */
export function readMembers(data: ConfigDict): readonly GroupMember[] {
  return [...listIn(data)].flatMap(([key, entry]) => {
    const id = key.length === 33 ? parseAccountId(Buffer.from(key, "latin1").toString("hex")) : undefined;
    if (id === undefined || !(entry instanceof Map)) return [];
    return [{ id, name: textOf(entry.get("n")), state: stateOf(entry) }];
  });
}

/** Writes members into the list; one without `name` keeps the one it has. */
export function writeMembers(
  data: ConfigDict,
  members: readonly { readonly id: AccountId; readonly name?: string; readonly state: MemberState }[],
): void {
  const list = listIn(data);
  for (const { id, name, state } of members) {
    const key = accountBytes(id).toString("latin1");
    const before = list.get(key);
    const entry: ConfigDict = new Map(before instanceof Map ? before : []);
    entry.set("n", Buffer.from(name ?? textOf(entry.get("n"))).subarray(0, 100));
    for (const [flag, value] of Object.entries(WRITTEN[state])) {
      if (value === 0n) entry.delete(flag);
      else entry.set(flag, value);
    }
    list.set(key, entry);
  }
  data.set("m", list);
}

/** Takes members off the list. */
export function eraseMembers(data: ConfigDict, ids: readonly AccountId[]): void {
  const list = listIn(data);
  for (const id of ids) list.delete(accountBytes(id).toString("latin1"));
  if (list.size === 0) data.delete("m");
  else data.set("m", list);
}

function listIn(data: ConfigDict): ConfigDict {
  const list = data.get("m");
  return list instanceof Map ? list : new Map();
}

function stateOf(entry: ConfigDict): MemberState {
  const [invite, admin, promotion, removed] = ["I", "A", "P", "R"].map((flag) => numberOf(entry.get(flag)));
  if (removed) return "removed";
  if (admin)
    return (["admin", "promoted", "promotion-failed", "promotion-not-sent"] as const)[promotion ?? 0] ?? "admin";
  return (["member", "invited", "invite-failed", "invite-not-sent"] as const)[invite ?? 0] ?? "member";
}
