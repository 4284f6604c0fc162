import type { Pubkey } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import type { Clock } from "@swarmpost/runtime";
import { ErasedAccounts } from "./erased-accounts.ts";
import { KnownMap, type KnownMapJson } from "./known-map.ts";
import type { NodeView } from "./node-view.ts";
import { MAP_LIFE_MS, SeenMaps } from "./seen-maps.ts";
import { concerns, fromMates, planSync } from "./sync-plan.ts";
import { nextRound, pulled } from "./sync-rounds.ts";
import {
  finished,
  type Holders,
  type SourceState,
  type SyncTask,
  type SyncTaskJson,
  taskFromJson,
  taskToJson,
  whole,
} from "./sync-task.ts";

interface StateJson {
  readonly map: KnownMapJson;
  readonly tasks: readonly SyncTaskJson[];
  readonly partial: boolean;
  readonly bornMs: number;
  readonly foundedMs: number | null;
  readonly erasing: boolean;
  /** Written by a program that did not know all that this one keeps: by the migration `OUTDATED`. */
  readonly outdated?: boolean;
}

const MAX_MAPS = 256;

interface SeenMapRow {
  height: bigint;
  map_hash: string;
  seen_ms: bigint;
  swarms: KnownMapJson["swarms"];
}

/**
 * What handoff must remember: the map this node acted on last, what it still has to pull, and the maps it saw before. In
 * memory it follows the network view at once; `save` brings it to the database.
 */
export class HandoffState {
  readonly #parts: { database: Database; view: NodeView; clock: Clock };
  #last: KnownMap | undefined;
  #tasks: SyncTask[] = [];
  readonly #maps = new SeenMaps(MAX_MAPS);
  /** Maps seen since the last save. */
  #unsaved: KnownMap[] = [];
  #partial = false;
  #empty = false;
  #erased = new ErasedAccounts();
  #bornMs: number;
  #foundedMs: number | undefined;
  #outdated = false;
  #saved = true;
  #progressMs: number;

  constructor(parts: { database: Database; view: NodeView; clock: Clock }) {
    this.#parts = parts;
    this.#bornMs = parts.clock.now();
    this.#progressMs = this.#bornMs;
  }

  /** Reads what an earlier run left; nothing when the database is new. @throws DatabaseError */
  async load(): Promise<void> {
    const { rows } = await this.#parts.database.query<{ state: StateJson }>({ text: "select state from swarm_state" });
    const state = rows[0]?.state;
    if (state !== undefined) {
      this.#last = KnownMap.fromJson(state.map);
      this.#tasks = state.tasks.map(taskFromJson);
      this.#partial = state.partial;
      this.#bornMs = state.bornMs;
      if (state.erasing) this.#erased.all();
      this.#foundedMs = state.foundedMs ?? undefined;
      this.#outdated = state.outdated ?? false;
    }
    this.#empty = state === undefined && !(await this.#anything());
    const { rows: maps } = await this.#parts.database.query<SeenMapRow>({
      text: "select height, map_hash, seen_ms, swarms from seen_map order by seen_ms, height",
    });
    for (const { height, map_hash: hash, seen_ms: seenMs, swarms } of maps) {
      this.#maps.see(KnownMap.fromJson({ height: height.toString(), hash, swarms }), Number(seenMs));
    }
  }

  async #anything(): Promise<boolean> {
    const { rows } = await this.#parts.database.query<{ some: boolean }>({
      text: `select exists (select from message) or exists (select from tombstone)
               or exists (select from change_request) as some`,
    });
    return rows[0]?.some ?? false;
  }

  /** What is still to be pulled. */
  get tasks(): readonly SyncTask[] {
    return this.#tasks;
  }

  /** Whether any map is known: without one nobody keeps anything. */
  get mapKnown(): boolean {
    return this.#parts.view.current.map.hash !== "";
  }

  /** This node left a swarm before it held everything of it: its old copies cannot answer reads. */
  get partial(): boolean {
    return this.#partial;
  }

  /** Acts on the map in force if it is new, and at the start on what an older program could not know. True when it did. */
  follow(): boolean {
    const isNew = this.#followMap();
    if (!this.#outdated || !this.mapKnown) return isNew;
    this.#outdated = false;
    this.lost();
    return true;
  }

  #followMap(): boolean {
    const { map } = this.#parts.view.current;
    if (map.hash === "" || map.hash === this.#last?.hash) return false;
    const current = KnownMap.of(map);
    const before = this.#parts.view.current.previousMap;
    const previous = before === undefined ? undefined : KnownMap.of(before);
    const { self } = this.#parts.view;
    const planned = planSync({ self, current, previous, last: this.#last, empty: this.#empty });
    const moved = this.#last?.swarmOf(self)?.id !== current.swarmOf(self)?.id;
    if (moved && this.#tasks.some((task) => !this.whole(task))) this.#partial = true;
    const kept = current.swarmOf(self) === undefined ? [] : this.#tasks;
    this.#tasks = [...kept, ...planned];
    // The one acted on last was in force until some unknown time since: now, for all that is known.
    for (const each of [this.#last, previous, current]) if (each !== undefined) this.#see(each);
    this.#last = current;
    this.#empty = false;
    this.#saved = false;
    this.progressed();
    this.prune();
    return true;
  }

  /** The database lost something: everything is to be pulled from the other members, and nothing of it counts as new. */
  lost(): void {
    this.#again("missed");
    this.#foundedMs = undefined;
    this.#empty = false;
    this.progressed();
  }

  /** A member lost something, perhaps frames that it alone kept for this node: what is held is compared. */
  refresh(): void {
    if (this.#tasks.every((task) => task.range !== undefined)) this.#again("refresh");
  }

  #again(kind: "missed" | "refresh"): void {
    const { self, current } = this.#parts.view;
    const map = KnownMap.of(current.map);
    const own = map.swarmOf(self);
    if (own === undefined) return;
    this.#tasks = [...this.#tasks.filter((task) => task.range !== undefined), ...fromMates(kind, map, own, self)];
    this.#saved = false;
  }

  /** Something came that this node lacked, or it is known anew what it lacks. */
  progressed(): void {
    this.#progressMs = this.#parts.clock.now();
  }

  /** When there was progress last, in milliseconds since the epoch. */
  get progressMs(): number {
    return this.#progressMs;
  }

  /** Notes that a source was pulled to the end. @param owed what it said that it lacks itself, and who holds that. */
  done(task: SyncTask, source: Pubkey, state: SourceState, owed: readonly Holders[]): void {
    const { self } = this.#parts.view;
    if (task.done.get(source) !== state) this.progressed();
    const after = nextRound(pulled(task, { source, state, owed, self }), this.#registered(task));
    this.#tasks = this.#tasks.map((each) => (each === task ? after : each));
    const founds = (each: SyncTask) =>
      each.kind === "empty" && this.whole(each) && ![...each.done.values()].includes("whole");
    if (this.#tasks.some(founds)) this.#foundedMs ??= this.#parts.clock.now();
    this.#saved = false;
  }

  /** How long this node's database has existed, in milliseconds. */
  get ageMs(): number {
    return this.#parts.clock.now() - this.#bornMs;
  }

  /** How long ago this node became whole as one of the first of a new swarm; undefined when it became so otherwise. */
  get foundedAgeMs(): number | undefined {
    return this.#foundedMs === undefined ? undefined : this.#parts.clock.now() - this.#foundedMs;
  }

  /** Drops tasks with nothing left to pull. */
  prune(): void {
    const tasks = this.#tasks.map((task) => nextRound(task, this.#registered(task)));
    const left = tasks.filter((task) => !finished(task, this.#registered(task)));
    if (left.length !== this.#tasks.length || left.some((task, i) => task !== this.#tasks[i])) this.#saved = false;
    this.#tasks = left;
  }

  /** To be called before things of accounts that this node no longer keeps are erased. @throws DatabaseError */
  async erasing(accounts: readonly Buffer[]): Promise<void> {
    if (this.#erased.none) this.#saved = false;
    for (const account of accounts) this.#erased.add(account);
    await this.save();
  }

  /** Whether things of an account that this node no longer keeps were erased, or may have been. */
  erasedOf(account: Buffer): boolean {
    return this.#erased.has(account);
  }

  /** Nothing is left of what this node held before: it may answer for what it holds from now on. */
  strayGone(): void {
    if (this.#partial || !this.#erased.none) this.#saved = false;
    this.#partial = false;
    this.#erased = new ErasedAccounts();
  }

  /** Tasks because of which this node cannot answer reads yet. */
  get behind(): SyncTask[] {
    return this.#tasks.filter((task) => !this.whole(task));
  }

  /** Whether a node may hand over messages of an account: a map of the last 31 days made it responsible, or may have. */
  wasResponsible(node: Pubkey, account: Buffer): boolean {
    return this.#maps.wasResponsible(node, account, this.#parts.clock.now());
  }

  /** What a node lacks of what a swarm of the map in force keeps, and who holds it. */
  owedFor(swarmId: bigint): Holders[] {
    const map = KnownMap.of(this.#parts.view.current.map);
    const tasks = this.behind.filter((task) => concerns(task, map, swarmId));
    return tasks.flatMap(({ sources, size, owed }) => [{ sources, size }, ...[...owed.values()].flat()]);
  }

  /** Writes what changed since the last time. @throws DatabaseError */
  async save(): Promise<void> {
    if (this.#saved || this.#last === undefined) return;
    this.#saved = true;
    const seen = this.#unsaved;
    this.#unsaved = [];
    const { database, clock } = this.#parts;
    const state: StateJson = {
      map: this.#last.toJson(),
      tasks: this.#tasks.map(taskToJson),
      partial: this.#partial,
      bornMs: this.#bornMs,
      foundedMs: this.#foundedMs ?? null,
      erasing: !this.#erased.none,
    };
    try {
      await database.query({
        text: "insert into swarm_state (state) values ($1) on conflict (only_row) do update set state = excluded.state",
        values: [JSON.stringify(state)],
      });
      for (const map of seen) await this.#saveMap(map);
      await database.query({ text: "delete from seen_map where seen_ms < $1", values: [clock.now() - MAP_LIFE_MS] });
    } catch (error) {
      this.#saved = false;
      this.#unsaved = [...seen, ...this.#unsaved];
      throw error;
    }
  }

  async #saveMap(map: KnownMap): Promise<void> {
    const { height, hash, swarms } = map.toJson();
    await this.#parts.database.query({
      text: `insert into seen_map (map_hash, height, seen_ms, swarms) values ($1, $2, $3, $4)
             on conflict (map_hash) do update set seen_ms = excluded.seen_ms`,
      values: [hash, height, this.#parts.clock.now(), JSON.stringify(swarms)],
    });
  }

  #see(map: KnownMap): void {
    this.#maps.see(map, this.#parts.clock.now());
    this.#unsaved = [...this.#unsaved.filter((each) => each.hash !== map.hash), map];
  }

  /** Whether what was pulled for a task is enough to answer reads. */
  whole(task: SyncTask): boolean {
    return whole(task, this.#registered(task));
  }

  /** Who may still be a node. That one is not in the registry says nothing while the registry is unknown or older than the map. */
  #registered(task: SyncTask): (node: Pubkey) => boolean {
    const { current } = this.#parts.view;
    const unknown = current.height === 0n || current.height < task.mapHeight;
    return (node) => unknown || current.registered(node);
  }
}
