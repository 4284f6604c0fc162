import type { Pubkey } from "@swarmpost/crypto";
import { accountSpace, responsibleSwarm } from "@swarmpost/swarm";
import { enough, exhausted } from "./sync-rounds.ts";

/** What a source said of itself when it was pulled to the end. */
export type SourceState =
  /** It holds everything that was acknowledged. */
  | "whole"
  /** It is itself behind. */
  | "behind"
  /** It began with an empty database, as this node did, and no one had anything for it by then. */
  | "blank";

/** Those who held a part of the ring. */
export interface Holders {
  readonly sources: readonly Pubkey[];
  /** How many they were in all. */
  readonly size: number;
}

/** A round over all that are to be pulled. */
export interface SecondRound {
  readonly all: readonly Pubkey[];
  readonly left: readonly Pubkey[];
}

/** Accounts that this node may lack messages of, and whom it pulls them from. */
export interface SyncTask extends Holders {
  /**
   * "empty": this node's database is new. "missed": it missed map changes. "gained": its swarm took over part of the ring.
   * "refresh": a member has left, perhaps with frames that it alone kept for this node; nothing is known to be missing.
   */
  readonly kind: "empty" | "missed" | "gained" | "refresh";
  /** The part of the ring: what `owner` kept when the swarms were `ids` (ascending). Everything when undefined. */
  readonly range: { readonly ids: readonly bigint[]; readonly owner: bigint } | undefined;
  /** The holders before, without this node. */
  readonly sources: readonly Pubkey[];
  /** How many holders there were, this node included when its own copies do not count. */
  readonly size: number;
  /** The height of the map that a source must have seen before what it gives counts. */
  readonly mapHeight: bigint;
  /** Nodes that were pulled to the end. */
  readonly done: ReadonlyMap<Pubkey, SourceState>;
  /** What nodes that were not whole said that they still have to pull, and from whom. */
  readonly owed: ReadonlyMap<Pubkey, readonly Holders[]>;
  /** The second round over all of them, once the first has come to its end. */
  readonly again: SecondRound | undefined;
}

/** Whether a task is about an account. @param account 33 bytes. */
export function covers(task: SyncTask, account: Buffer): boolean {
  if (task.range === undefined) return true;
  const ids = task.range.ids as Parameters<typeof responsibleSwarm>[0];
  return responsibleSwarm(ids, accountSpace(account.subarray(1))) === task.range.owner;
}

/** Whether nothing is left to pull: every source that is still a node was pulled to the end, and that was enough. */
export function finished(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  return task.sources.every((source) => task.done.has(source) || !registered(source)) && whole(task, registered);
}

/**
 * Whether what was pulled surely holds every acknowledged message. An acknowledged message is at ⌊n/2⌋+1 of the n
 * holders, so any ⌈n/2⌉ whole ones have it between them. A swarm in which most databases are new has acknowledged nothing
 * before that is not at one of them: this is how a new network starts.
 */
export function whole(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  if (task.kind === "refresh" || enough(task, task) || exhausted(task, registered)) return true;
  const states = [...task.done.values()];
  const blank = states.filter((state) => state === "blank").length + 1;
  return task.kind === "empty" && !states.includes("whole") && blank >= Math.floor(task.size / 2) + 1;
}

/** A task in JSON, as stored in the database. */
export interface SyncTaskJson {
  readonly kind: SyncTask["kind"];
  readonly range: { readonly ids: readonly string[]; readonly owner: string } | null;
  readonly sources: readonly string[];
  readonly size: number;
  readonly mapHeight: string;
  readonly done: Readonly<Record<string, SourceState>>;
  readonly owed: Readonly<Record<string, readonly Holders[]>>;
  readonly again: SecondRound | null;
}

export function taskToJson(task: SyncTask): SyncTaskJson {
  return {
    kind: task.kind,
    range: task.range ? { ids: task.range.ids.map(String), owner: String(task.range.owner) } : null,
    sources: task.sources,
    size: task.size,
    mapHeight: task.mapHeight.toString(),
    done: Object.fromEntries(task.done),
    owed: Object.fromEntries(task.owed),
    again: task.again ?? null,
  };
}

export function taskFromJson(json: SyncTaskJson): SyncTask {
  return {
    kind: json.kind,
    range: json.range ? { ids: json.range.ids.map(BigInt), owner: BigInt(json.range.owner) } : undefined,
    sources: json.sources as Pubkey[],
    size: json.size,
    mapHeight: BigInt(json.mapHeight),
    done: new Map(Object.entries(json.done) as [Pubkey, SourceState][]),
    owed: new Map(Object.entries(json.owed) as [Pubkey, readonly Holders[]][]),
    again: json.again ?? undefined,
  };
}
