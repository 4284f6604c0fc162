import { type Change, compareChanges, deletionOfAllCopies, expiryAfter, isSelective } from "./change.ts";
import { type ChangeWrite, type ChangeWriteParts, crowdedOut, type Move, writeChanges } from "./change-writes.ts";
import type { SignedRequest } from "./signed-request.ts";
import { COMMIT_PART } from "./database-identity.ts";
import { latest } from "./expiry-statement.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

/** A part of a bulk change: the messages of an account after `after`, in the order of their hashes. */
export interface Sweep {
  readonly account: Buffer;
  /** Without a hash. */
  readonly change: Change;
  readonly request: SignedRequest;
  /** The last hash of the part before. */
  readonly after: Buffer | undefined;
}

/** A message that a bulk change hit. */
export interface SweptMessage {
  readonly hash: Buffer;
  readonly namespace: number;
}

/** What became of one part of a bulk change. */
export interface SweepResult {
  /** Messages that were deleted or shortened. */
  readonly hits: readonly SweptMessage[];
  /** Stamp in ms of a message, or of a change of one, that came later and stays as it is; 0 when there is none. */
  readonly beatenMs: number;
  /** Where the next part begins; undefined when this was the last. */
  readonly next: Buffer | undefined;
}

/** Messages looked at in one commit, so that others get their turn. */
const PART = 2_000;

interface Row {
  hash: Buffer;
  namespace: number;
  seq: bigint;
  body_day: number;
  timestamp_ms: bigint;
  expiry_ms: bigint;
  stamp_ms: bigint;
  stamp_node: Buffer;
}

/** Keeps the change and does what it says to some of the messages that are here. @throws DatabaseError */
export async function commitSweep(sweep: Sweep, parts: ChangeWriteParts, nowMs: number): Promise<SweepResult> {
  const { change } = sweep;
  const rows = await inScope(sweep, parts);
  const alive = rows.filter((row) => Number(row.expiry_ms) > nowMs);
  const [earlier, later] = [alive.filter((row) => isHit(row, change)), alive.filter((row) => !isHit(row, change))];
  const result =
    change.mode === "delete"
      ? { hits: earlier, moves: [], beatenMs: latest(later.map(stampOf), change.stamp) }
      : await shorten(sweep, { earlier, later }, parts);
  if (sweep.after === undefined) await keep(sweep, parts, nowMs);
  const deletions = change.mode === "delete" ? await remove(sweep, rows, parts) : { kept: [], dropped: [] };
  const next = rows.length < PART ? undefined : rows.at(-1)?.hash;
  // The request comes last: whoever has it has done what it says.
  const requests = next === undefined ? [sweep.request] : [];
  await writeChanges({ requests, ...deletions, moves: result.moves }, parts, nowMs);
  const hits = result.hits.map(({ hash, namespace }) => ({ hash, namespace }));
  return { hits, beatenMs: result.beatenMs, next };
}

async function inScope({ account, change, after }: Sweep, { database }: ChangeWriteParts): Promise<Row[]> {
  const { rows } = await database.query<Row>({
    name: "sweep_scope",
    text: `select hash, namespace, seq, body_day, timestamp_ms, expiry_ms, stamp_ms, stamp_node from message
           where account = $1 and hash > $2 and ($3::int is null or namespace = $3)
             and case when $4 then timestamp_ms <= $5 else expiry_ms > $5 end
           order by hash limit ${PART}`,
    values: [account, after ?? Buffer.alloc(0), change.namespace ?? null, change.mode === "delete", change.valueMs],
  });
  return rows;
}

function stampOf(row: Row): Stamp {
  return { ms: Number(row.stamp_ms), node: row.stamp_node };
}

function isHit(row: Row, change: Change): boolean {
  return compareStamps(stampOf(row), change.stamp) <= 0;
}

interface Shortened {
  readonly hits: readonly Row[];
  readonly moves: readonly Move[];
  readonly beatenMs: number;
}

/** A message whose own changes came later may end later all the same. */
async function shorten(
  { account, change }: Sweep,
  { earlier, later }: { earlier: readonly Row[]; later: readonly Row[] },
  parts: ChangeWriteParts,
): Promise<Shortened> {
  const known = await parts.changes.bearingOn(
    earlier.map((row) => ({ ...row, account, timestampMs: Number(row.timestamp_ms) })),
  );
  const judged = earlier.map((row, i) => {
    const changes = known[i] ?? [];
    const expiryMs = expiryAfter(Number(row.expiry_ms), stampOf(row), [...changes, change].sort(compareChanges));
    const beatenMs =
      expiryMs > change.valueMs
        ? latest(
            changes.map((each) => each.stamp),
            change.stamp,
          )
        : 0;
    return { row, expiryMs, beatenMs };
  });
  const hits = judged.filter(({ row, expiryMs }) => expiryMs < Number(row.expiry_ms));
  const moves = hits.map(({ row, expiryMs }): Move => {
    const { hash, namespace, seq, body_day: fromDay } = row;
    return { account, hash, namespace, seq, fromDay, expiryMs };
  });
  const beatenMs = Math.max(latest(later.map(stampOf), change.stamp), ...judged.map((each) => each.beatenMs));
  return { hits: hits.map(({ row }) => row), moves, beatenMs };
}

/** Before anything is done: older copies may come between the parts. */
async function keep({ account, change }: Sweep, parts: ChangeWriteParts, nowMs: number): Promise<void> {
  const all = await parts.changes.bulkOf(account);
  const past = all.filter((each) => outdoes(change, each));
  const crowded = crowdedOut(
    all.filter((each) => !past.includes(each)),
    change,
  );
  const outdone = crowded.includes(change) || all.some((each) => outdoes(each, change));
  const dropped = [...past, ...crowded.filter((each) => each !== change)].map((each) => ({ account, change: each }));
  const kept = outdone ? [] : [{ account, change, blind: false }];
  await writeChanges({ requests: [], kept, dropped, moves: [] }, parts, nowMs);
}

/** Whether nothing that `earlier` does is left to do beside `change`. */
function outdoes(change: Change, earlier: Change): boolean {
  const wider = change.namespace === undefined || change.namespace === earlier.namespace;
  if (!wider || change.mode !== earlier.mode || compareChanges(change, earlier) <= 0) return false;
  return change.mode === "delete" ? change.valueMs >= earlier.valueMs : change.valueMs <= earlier.valueMs;
}

/**
 * Removes what the deletion hits; where that depends on the time of a copy, by what is to be kept of each message, which removes
 * it as it is written.
 */
async function remove(
  { account, change }: Sweep,
  rows: readonly Row[],
  parts: ChangeWriteParts,
): Promise<Pick<ChangeWrite, "kept" | "dropped">> {
  const hit = rows.filter((row) => isHit(row, change));
  if (!isSelective(change)) {
    await erase(account, hit, parts);
    return { kept: [], dropped: [] };
  }
  const known = await parts.changes.bearingOn(hit.map((row) => ({ ...row, account })));
  const isPast = (each: Change) =>
    each.hash !== undefined && each.mode === "delete" && compareChanges(each, change) < 0;
  return {
    kept: hit.map(({ hash }) => ({ account, change: deletionOfAllCopies(change, hash), blind: false })),
    dropped: known.flatMap((changes) => changes.filter(isPast).map((each) => ({ account, change: each }))),
  };
}

async function erase(account: Buffer, rows: readonly Row[], { database, onCounted }: ChangeWriteParts): Promise<void> {
  if (rows.length === 0) return;
  const { rows: counted } = await database.query<{ commits: bigint }>({
    name: "sweep_erase",
    text: `with gone as (
             delete from message m using unnest($2::bytea[], $3::int[], $4::bigint[]) as i (hash, namespace, seq)
             where m.account = $1 and m.hash = i.hash and m.namespace = i.namespace and m.seq = i.seq
             returning m.body_day, m.seq
           ), bodies as (
             delete from body b using gone g where b.day = g.body_day and b.seq = g.seq
           )
           update commit_count set commits = commits + 1 where part = ${COMMIT_PART.messages} returning commits`,
    values: [account, rows.map((row) => row.hash), rows.map((row) => row.namespace), rows.map((row) => row.seq)],
  });
  onCounted(counted[0]?.commits ?? 0n);
}
