import type { Pubkey } from "@swarmpost/crypto";
import { accountSpace, responsibleSwarm } from "@swarmpost/swarm";

/** What a source said of itself when it was pulled to the end. */
export type SourceState =
  /** It holds everything that was acknowledged. */
  | "whole"
  /** It is itself behind. */
  | "behind"
  /** It began with an empty database, as this node did, and no one had anything for it by then. */
  | "blank";

/** Accounts that this node may lack messages of, and whom it pulls them from. */
export interface SyncTask {
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
  /** Sources that were pulled to the end. */
  readonly done: ReadonlyMap<Pubkey, SourceState>;
}

/** Whether a task is about an account. @param account 33 bytes. */
export function covers(task: SyncTask, account: Buffer): boolean {
  if (task.range === undefined) return true;
  const ids = task.range.ids as Parameters<typeof responsibleSwarm>[0];
  return responsibleSwarm(ids, accountSpace(account.subarray(1))) === task.range.owner;
}

/** Whether every source that is still a node was pulled to the end: then nothing is left to do. */
export function finished(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  return task.sources.every((source) => task.done.has(source) || !registered(source));
}

/**
 * Whether what was pulled surely holds every acknowledged message. An acknowledged message is at ⌊n/2⌋+1 of the n
 * holders, so any ⌈n/2⌉ whole ones have it between them. A swarm in which most databases are new has acknowledged nothing
 * before that is not at one of them: this is how a new network starts.
 */
export function whole(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  if (task.kind === "refresh" || finished(task, registered)) return true;
  const states = [...task.done.values()];
  const wholeSources = states.filter((state) => state === "whole").length;
  if (wholeSources >= Math.ceil(task.size / 2)) return true;
  const blank = states.filter((state) => state === "blank").length + 1;
  return task.kind === "empty" && wholeSources === 0 && blank >= Math.floor(task.size / 2) + 1;
}

/** A task in JSON, as stored in the database. */
export interface SyncTaskJson {
  readonly kind: SyncTask["kind"];
  readonly range: { readonly ids: readonly string[]; readonly owner: string } | null;
  readonly sources: readonly string[];
  readonly size: number;
  readonly mapHeight: string;
  readonly done: Readonly<Record<string, SourceState>>;
}

export function taskToJson(task: SyncTask): SyncTaskJson {
  return {
    kind: task.kind,
    range: task.range ? { ids: task.range.ids.map(String), owner: String(task.range.owner) } : null,
    sources: task.sources,
    size: task.size,
    mapHeight: task.mapHeight.toString(),
    done: Object.fromEntries(task.done),
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
  };
}
