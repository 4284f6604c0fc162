import { type Change, compareChanges, expiryAfter } from "./change.ts";
import { type ChangeWriteParts, crowdedOut, type Move, writeChanges } from "./change-writes.ts";
import type { SignedRequest } from "./signed-request.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

/** What an `expire` does to one message. */
export interface Reexpiry {
  readonly account: Buffer;
  /** With the message's hash. */
  readonly change: Change & { readonly hash: Buffer };
  /** The request with the last message that it names: whoever has it has done what it says. */
  readonly request: SignedRequest | undefined;
}

/** What became of one message that an `expire` names. */
export interface ReexpiryResult {
  /** "absent" also when it has expired. */
  readonly outcome: "updated" | "unchanged" | "absent";
  /** Its expiry now, ms; 0 when absent. */
  readonly expiryMs: number;
  /** Stamp in ms of something later on record about the message; 0 when there is none. */
  readonly beatenMs: number;
}

interface Row {
  ord: bigint;
  namespace: number;
  seq: bigint;
  body_day: number;
  timestamp_ms: bigint;
  expiry_ms: bigint;
  stamp_ms: bigint;
  stamp_node: Buffer;
}

interface Judged {
  readonly result: ReexpiryResult;
  readonly move: Move | undefined;
}

/**
 * Changes the expiry of messages and says what became of each, in the same order. No two may name the same message. What
 * is asked of a message that is not here is kept for when it comes.
 */
export async function commitExpiries(
  reexpiries: readonly Reexpiry[],
  parts: ChangeWriteParts,
  nowMs: number,
): Promise<ReexpiryResult[]> {
  const rows = await found(reexpiries, parts);
  const known = await parts.changes.bearingOn(
    reexpiries.map(({ account, change }, i) => {
      const timestampMs = Number(rows[i]?.timestamp_ms ?? 0);
      return { account, hash: change.hash, namespace: rows[i]?.namespace ?? 0, timestampMs };
    }),
  );
  const judged = reexpiries.map((each, i) => judge(each, rows[i], known[i] ?? [], nowMs));
  const requests = reexpiries.flatMap(({ request }) => request ?? []);
  const entries = reexpiries.map((each, i) => ({ ...each, blind: rows[i] === undefined }));
  const crowded = entries.map(({ change }, i) => crowdedOut(known[i] ?? [], change));
  await writeChanges(
    {
      requests,
      kept: entries.filter(({ change }, i) => !crowded[i]?.includes(change)),
      dropped: entries.flatMap(({ account, change }, i) =>
        (crowded[i] ?? []).filter((each) => each !== change).map((each) => ({ account, change: each })),
      ),
      moves: judged.flatMap(({ move }) => move ?? []),
    },
    parts,
    nowMs,
  );
  return judged.map(({ result }) => result);
}

async function found(reexpiries: readonly Reexpiry[], { database }: ChangeWriteParts): Promise<(Row | undefined)[]> {
  const { rows } = await database.query<Row>({
    name: "expire_found",
    text: `select i.ord, m.namespace, m.seq, m.body_day, m.timestamp_ms, m.expiry_ms, m.stamp_ms, m.stamp_node
           from unnest($1::bytea[], $2::bytea[]) with ordinality as i (account, hash, ord)
           join message m on m.account = i.account and m.hash = i.hash`,
    values: [reexpiries.map(({ account }) => account), reexpiries.map(({ change }) => change.hash)],
  });
  const byOrd = new Map(rows.map((row) => [Number(row.ord), row]));
  return reexpiries.map((_, i) => byOrd.get(i + 1));
}

function judge({ account, change }: Reexpiry, row: Row | undefined, known: readonly Change[], nowMs: number): Judged {
  // Later changes count also when the message is not here: the majority that has them must not be passed by.
  if (row === undefined) {
    const later = known.filter(({ hash }) => hash !== undefined).map((each) => each.stamp);
    return { result: { outcome: "absent", expiryMs: 0, beatenMs: latest(later, change.stamp) }, move: undefined };
  }
  const stamp: Stamp = { ms: Number(row.stamp_ms), node: row.stamp_node };
  const before = Number(row.expiry_ms);
  const after = expiryAfter(before, stamp, [...known, change].sort(compareChanges));
  const { hash } = change;
  const moved = { account, hash, namespace: row.namespace, seq: row.seq, fromDay: row.body_day, expiryMs: after };
  const move = after === before ? undefined : moved;
  if (Math.max(before, after) <= nowMs) return { result: { outcome: "absent", expiryMs: 0, beatenMs: 0 }, move };
  const updated = after !== before || change.mode === "set";
  const beatenMs = latest([stamp, ...known.map((each) => each.stamp)], change.stamp);
  return { result: { outcome: updated ? "updated" : "unchanged", expiryMs: after, beatenMs }, move };
}

/** The latest of the stamps, in ms, as far as later than `than`; else 0. */
export function latest(stamps: readonly Stamp[], than: Stamp): number {
  return Math.max(0, ...stamps.filter((stamp) => compareStamps(stamp, than) > 0).map((stamp) => stamp.ms));
}
