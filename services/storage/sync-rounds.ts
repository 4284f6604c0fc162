import type { Pubkey } from "@swarmpost/crypto";
import type { Holders, SourceState, SyncTask } from "./sync-task.ts";

/** All that a task is to pull from: its sources, and those whom sources that were not whole named. */
export function askable(task: SyncTask): Pubkey[] {
  return [...new Set([...task.sources, ...[...task.owed.values()].flat().flatMap((holders) => holders.sources)])];
}

/** Whether ⌈n/2⌉ of the n holders were whole when they were pulled. */
export function enough({ sources, size }: Holders, { done }: Pick<SyncTask, "done">): boolean {
  return sources.filter((source) => done.get(source) === "whole").length >= Math.ceil(size / 2);
}

/**
 * Whether everything was pulled that anybody can still have. For a source that was not whole, what it lacked must be
 * pulled as well; two that lack things of one another have nothing to wait for. While that went on, one of them may have
 * handed its part to another that was pulled before, and erased it. By the end of the first round all of them know a map
 * with this node in it and erase nothing without it: so a second round finds what is left.
 */
export function exhausted(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  if (!closed(task, registered)) return false;
  if (task.owed.size === 0) return true;
  const { again } = task;
  if (again === undefined || askable(task).some((node) => !again.all.includes(node))) return false;
  return again.left.every((node) => !registered(node));
}

/** A task after a node was pulled to its end. @param self this node, which nobody pulls from itself. */
export function pulled(
  task: SyncTask,
  pull: { source: Pubkey; state: SourceState; owed: readonly Holders[]; self: Pubkey },
): SyncTask {
  const { source, state, self } = pull;
  const done = new Map(task.done).set(source, state);
  const owed = new Map(task.owed);
  const left = task.again?.left.filter((node) => node !== source) ?? [];
  const again = task.again && { ...task.again, left };
  owed.delete(source);
  const others = pull.owed.map(({ sources, size }) => ({ sources: sources.filter((node) => node !== self), size }));
  const more = others.filter(({ sources }) => sources.some((node) => !task.sources.includes(node)));
  if (state !== "whole" && task.kind !== "refresh" && more.length > 0) owed.set(source, more);
  return { ...task, done, owed, again };
}

/** Begins the second round when the first has come to its end, and another when more nodes were named in it. */
export function nextRound(task: SyncTask, registered: (node: Pubkey) => boolean): SyncTask {
  if (task.owed.size === 0 || !closed(task, registered)) return task;
  const all = askable(task);
  const known = task.again?.all;
  return known && all.every((node) => known.includes(node))
    ? task
    : { ...task, again: { all, left: all.filter((node) => task.done.has(node)) } };
}

/** Whether each source was pulled (or is gone), and so was all that it named, and all that those named. */
function closed(task: SyncTask, registered: (node: Pubkey) => boolean): boolean {
  const settled = new Set(askable(task).filter((node) => task.done.has(node) || !registered(node)));
  const covered = (holders: Holders) => holders.sources.every((source) => settled.has(source)) || enough(holders, task);
  for (let before = -1; before !== settled.size; ) {
    before = settled.size;
    for (const node of settled) if (!(task.owed.get(node) ?? []).every(covered)) settled.delete(node);
  }
  return task.sources.every((source) => settled.has(source));
}
