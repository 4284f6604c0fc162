import type { ReplicaRecord } from "../record.ts";
import { committed, majority, type MemberResult, type Replication, taken } from "../replicate.ts";
import { STAMP_TOLERANCE_MS } from "../stamp.ts";
import { type Answer, notReady } from "./answer.ts";
import type { MethodNode } from "./node.ts";

/** How often an entry node takes a later stamp because a member knows something newer. */
const MAX_STAMPS = 3;

/** How the record of a write is made, and which later stamp it needs to win. */
export interface SwarmWrite<R extends ReplicaRecord> {
  /** The record with a stamp later than `above` (milliseconds), 0 at first. */
  stamped(above: number): R;
  /** The stamp (milliseconds) of what won over this write at a member; 0 when nothing did. */
  beatenBy(result: MemberResult): number;
  /**
   * Whether a member did its part although something later is on record there. Asked from the second stamp on, and only when
   * that one is later than all that a majority had on record before: what beats it then was asked for meanwhile, and may as
   * well have been asked for after it.
   */
  doneAlthoughBeaten?(result: MemberResult): boolean;
}

/** A write that a majority has committed, or the answer that says why there is none. */
export type WriteResult =
  | { readonly done: Replication }
  | { readonly answer: Answer }
  /** This node no longer keeps the account. */
  | { readonly moved: true };

/**
 * Brings one write of a client into the swarm. What a client asks now is later than anything it was told of before, so
 * when a clock elsewhere runs ahead the write takes a later stamp and goes round again.
 * Members that did not confirm are written down before this returns: see `Pending`.
 */
export async function swarmWrite<R extends ReplicaRecord>(
  write: SwarmWrite<R>,
  node: MethodNode,
): Promise<WriteResult> {
  let record = write.stamped(0);
  let counts = committed;
  for (let round = 1; ; round++) {
    const current = record;
    const attempt = round === 1 ? "first" : "again";
    const own = () => node.executor.run(current, attempt);
    const replication = await node.replicator.run(current, own, counts, attempt);
    if (replication === undefined) return { moved: true };
    const beaten = believed(replication, write, node);
    const isEnough = counts !== committed && confirmed(replication, counts);
    if (beaten === 0 || isEnough || round === MAX_STAMPS) return settle(current, { replication, counts }, node);
    record = write.stamped(beaten);
    if (isLatest(record, replication, write)) counts = (result) => committed(result) || isDone(result, write);
  }
}

type Counts = typeof committed;

function confirmed({ results }: Replication, counts: Counts): boolean {
  return [...results.values()].filter(counts).length >= majority(results.size);
}

function isDone<R extends ReplicaRecord>(result: MemberResult | undefined, write: SwarmWrite<R>): boolean {
  return result !== undefined && (write.doneAlthoughBeaten?.(result) ?? false);
}

/** Whether a majority had nothing later on record than the new stamp of the write, when it was there last. */
function isLatest<R extends ReplicaRecord>(record: R, { results }: Replication, write: SwarmWrite<R>): boolean {
  const earlier = [...results.values()].filter(
    (each) => isDone(each, write) && write.beatenBy(each) <= record.stamp.ms,
  );
  return earlier.length >= majority(results.size);
}

/** A claim of one member alone is believed so far ahead of our clock: honest clocks agree better than that. */
const LONE_CLAIM_MS = 20_000;

/**
 * The stamp that won over this write, as far as it is believed: when this node itself says so, or two members do, or when
 * it is near. One member alone could else push the stamps of a swarm so far into the future that nobody takes them.
 */
function believed<R extends ReplicaRecord>(
  { results }: Replication,
  write: SwarmWrite<R>,
  { view, clock }: MethodNode,
): number {
  const now = clock.now();
  const claim = (result: MemberResult) => {
    const stamp = write.beatenBy(result);
    return stamp < now + STAMP_TOLERANCE_MS ? stamp : 0;
  };
  const own = results.get(view.self);
  const others = [...results].filter(([member]) => member !== view.self).map(([, result]) => claim(result));
  const [first = 0, second = 0] = others.sort((a, b) => b - a);
  return Math.max(own === undefined ? 0 : claim(own), second, first < now + LONE_CLAIM_MS ? first : 0);
}

async function settle(
  record: ReplicaRecord,
  { replication, counts }: { replication: Replication; counts: Counts },
  node: MethodNode,
): Promise<WriteResult> {
  const { results } = replication;
  const own = results.get(node.view.self);
  if (!counts(own) && taken(own)) return { answer: notReady("overtaken by a newer request") };
  if (!counts(own)) return { answer: notReady("database unavailable") };
  if (!confirmed(replication, counts)) return { answer: notReady("not confirmed by a majority of the swarm") };
  const missed = [...results].filter(([, result]) => !taken(result)).map(([member]) => member);
  if (missed.length > 0) await node.pending.add(missed, record, replication.record);
  return { done: replication };
}
