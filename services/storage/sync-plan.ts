import type { Pubkey } from "@swarmpost/crypto";
import type { KnownMap, KnownSwarm } from "./known-map.ts";
import { responsibleSwarm } from "@swarmpost/swarm";
import type { SyncTask } from "./sync-task.ts";

/** What is known when the map in force changes. */
export interface PlanInput {
  readonly self: Pubkey;
  readonly current: KnownMap;
  /** The map that the current one replaced, as the coordinator says. */
  readonly previous: KnownMap | undefined;
  /** The map that this node acted on last; undefined when its database is new. */
  readonly last: KnownMap | undefined;
  /** Whether the database is new indeed: no map was acted on, and there is nothing in it. */
  readonly empty: boolean;
}

/**
 * What this node must pull because of a new map. A node whose swarm took over part of the ring, or that is new to its
 * swarm, pulls that part from those who kept it. A node with a new database, or one that missed maps in between, also
 * pulls everything from the other members; and so does, without being behind, a node whose swarm lost a member.
 */
export function planSync(input: PlanInput): SyncTask[] {
  const { self, current, previous, last, empty } = input;
  const own = current.swarmOf(self);
  if (own === undefined || last?.hash === current.hash) return [];
  const consecutive = last !== undefined && previous?.hash === last.hash;
  const before = consecutive || previous === undefined ? last : previous;
  const tasks = before === undefined ? [] : gained(before, current, own, self);
  if (last !== undefined && before !== last) tasks.push(...gained(last, current, own, self));
  const missed = last === undefined || (!consecutive && last.swarms.length > 0);
  if (missed) return [...tasks, ...fromMates(empty ? "empty" : "missed", current, own, self)];
  const mates = before?.swarmOf(self)?.id === own.id ? before.swarmOf(self)?.members : undefined;
  const someLeft = mates?.some((member) => !own.members.includes(member)) ?? false;
  return someLeft ? [...tasks, ...fromMates("refresh", current, own, self)] : tasks;
}

const NOTHING_PULLED = { done: new Map(), owed: new Map(), again: undefined };

/** One task for everything, from the other members. */
export function fromMates(
  kind: "empty" | "missed" | "refresh",
  current: KnownMap,
  own: KnownSwarm,
  self: Pubkey,
): SyncTask[] {
  const sources = own.members.filter((member) => member !== self);
  if (sources.length === 0) return [];
  const size = own.members.length;
  return [{ kind, range: undefined, sources, size, mapHeight: current.height, ...NOTHING_PULLED }];
}

/** One task for each former swarm that kept what the own swarm keeps now, unless this node was in it. */
function gained(before: KnownMap, current: KnownMap, own: KnownSwarm, self: Pubkey): SyncTask[] {
  const owners = new Set(
    borders(before, current).flatMap((space) => {
      const owner = current.at(space)?.id === own.id ? before.at(space) : undefined;
      return owner === undefined || owner.members.includes(self) ? [] : [owner];
    }),
  );
  return [...owners].map((owner) => ({
    kind: "gained",
    range: { ids: before.ids, owner: owner.id },
    sources: owner.members,
    size: owner.members.length,
    mapHeight: current.height,
    ...NOTHING_PULLED,
  }));
}

/** Whether a task is about something that a swarm of a map keeps. */
export function concerns({ range }: SyncTask, map: KnownMap, swarmId: bigint): boolean {
  if (range === undefined) return true;
  const ids = range.ids as Parameters<typeof responsibleSwarm>[0];
  return borders(range, map).some(
    (space) => map.at(space)?.id === swarmId && responsibleSwarm(ids, space) === range.owner,
  );
}

/** Places of the ring with one in every arc on which both maps have the same owners all along. */
function borders(...maps: readonly { readonly ids: readonly bigint[] }[]): bigint[] {
  const spaces = maps.flatMap(({ ids }) =>
    ids.flatMap((id, i) => {
      const next = ids[(i + 1) % ids.length] as bigint;
      const middle = id + BigInt.asUintN(64, next - id) / 2n;
      return [id, middle, middle + 1n];
    }),
  );
  return spaces.map((space) => BigInt.asUintN(64, space));
}
