import type { Pubkey } from "@swarmpost/crypto";
import { backOff } from "./back-off.ts";
import { ClientError } from "./client-error.ts";
import type { OnEvent } from "./client-event.ts";
import { orAborted } from "./deadline.ts";
import type { Guards } from "./guards.ts";
import type { NodePool } from "./node-pool.ts";
import type { OnionOutcome, OnionTransport } from "./onion-transport.ts";
import { completePath, mayJoin, type Path, pick, type Random } from "./path.ts";
import { PathBlame } from "./path-blame.ts";
import type { PathFailure } from "./path-failure.ts";
import type { ServiceNode } from "./service-node.ts";

const BUILD_ATTEMPTS = 10;
const STRIKES = 3;
const MAX_PATHS = 3;

/** What a path keeper works with. */
export interface PathsParts {
  readonly pool: NodePool;
  readonly guards: Guards;
  readonly transport: OnionTransport;
  readonly onEvent: OnEvent;
  /** Asks the seeds again, when too few nodes are left. */
  readonly refresh: (signal?: AbortSignal) => Promise<void>;
}

/**
 * Keeps the few paths that a client uses. A path is used only after a request that ended at its own last node came back
 * through it (docs/protocol/path-build.md). Three failures in a row drop a path and are a strike for its guard; every failure is a
 * strike for its other nodes (Session Desktop's counts). An error that names a node of the path drops the path and costs
 * all who can have said it (`PathBlame`); three that name destinations drop it too.
 */
export class Paths {
  readonly #options: { diversity: boolean; random: Random };
  readonly #parts: PathsParts;
  readonly #blame: PathBlame;
  readonly #failures = new WeakMap<Path, number>();
  readonly #accusations = new WeakMap<Path, number>();
  #live: Path[] = [];
  #building: Promise<unknown> = Promise.resolve();
  #probe = "path_build";

  constructor(options: { diversity: boolean; random: Random }, parts: PathsParts) {
    this.#options = options;
    this.#parts = parts;
    this.#blame = new PathBlame(parts);
  }

  /** Paths that are in use now. */
  live(): readonly Path[] {
    return this.#live;
  }

  /**
   * A live path that may carry requests to `destination`, built when there is none. Throws ClientError "too-few-nodes", or "no-path"
   * when ten attempts failed, and the signal's reason when that aborts.
   */
  async get(destination?: ServiceNode, signal?: AbortSignal): Promise<Path> {
    signal?.throwIfAborted();
    const ready = this.#pickLive(destination);
    if (ready !== undefined) return ready;
    const building = this.#building.then(() => this.#pickLive(destination) ?? this.#build(destination, signal));
    this.#building = building.catch(() => undefined);
    return await orAborted(building, signal);
  }

  /** A request over the path was answered by its destination. */
  succeeded(path: Path): void {
    this.#failures.delete(path);
  }

  /** A request over the path to `destination` failed; decides who is to blame. */
  failed(path: Path, failure: PathFailure, destination?: Pubkey): void {
    const { reason } = failure;
    if (failure.kind === "node" && failure.node === destination) return this.#destinationAccused(path, failure);
    if (this.#blame.accusation(path.hops, failure)) return this.#remove(path, reason);
    const failures = (this.#failures.get(path) ?? 0) + 1;
    this.#failures.set(path, failures);
    const guard = path.hops[0].pubkey;
    if (failure.kind === "guard") this.#blame.strike(guard, reason);
    else this.#blame.others(path.hops, reason);
    if (failure.kind === "slow" && destination !== undefined) this.#blame.strike(destination, reason);
    if (failures >= STRIKES) this.#parts.guards.strike(guard);
    if (failure.kind === "guard" || failures >= STRIKES) this.#remove(path, reason);
    else this.#tellFailed(path.hops, reason, false);
  }

  /**
   * A request over the path to a server failed. The server, or its name, may be at fault as well as any node, so only
   * the path pays: another one is tried next, and after three failures in a row this one is dropped.
   */
  exitFailed(path: Path, failure: PathFailure): void {
    if (failure.kind === "guard") return this.failed(path, failure);
    if (this.#blame.accusation(path.hops, failure)) return this.#remove(path, failure.reason);
    const failures = (this.#failures.get(path) ?? 0) + 1;
    this.#failures.set(path, failures);
    if (failures >= STRIKES) this.#remove(path, failure.reason);
    else this.#tellFailed(path.hops, failure.reason, false);
  }

  /** Drops paths that hold a node which is not usable any more: after a new node list. */
  prune(): void {
    this.#live = this.#live.filter((path) => path.hops.every((hop) => this.#parts.pool.isUsable(hop.pubkey)));
  }

  /** A last hop that calls destinations dead could choose one for its client: three such words end the path. */
  #destinationAccused(path: Path, { node, reason }: PathFailure): void {
    if (node !== undefined) this.#blame.strike(node, reason);
    const accusations = (this.#accusations.get(path) ?? 0) + 1;
    this.#accusations.set(path, accusations);
    if (accusations < STRIKES) return;
    this.#blame.others(path.hops, reason);
    this.#remove(path, reason);
  }

  #pickLive(destination: ServiceNode | undefined): Path | undefined {
    const { diversity, random } = this.#options;
    const others = destination === undefined ? [] : [destination];
    const fit = this.#live.filter((path) => path.hops.every((hop) => mayJoin(hop, others, diversity)));
    const sound = fit.filter((path) => !this.#failures.has(path));
    // After a failure it is open whether the path or the destination was to blame: a path that was just proven tells.
    return sound.length > 0 || fit.length < MAX_PATHS ? pick(sound, random) : pick(fit, random);
  }

  async #build(destination: ServiceNode | undefined, signal: AbortSignal | undefined): Promise<Path> {
    let reason = "";
    for (let attempt = 1; attempt <= BUILD_ATTEMPTS; attempt++) {
      signal?.throwIfAborted();
      const hops = this.#choose(destination) ?? (await this.#chooseAfterRefresh(destination, signal));
      const started = performance.now();
      const outcome = await this.#try(hops, signal);
      if ("reply" in outcome) return this.#keep(hops, performance.now() - started);
      reason = outcome.failure.reason;
      this.#blame.build(hops, outcome.failure);
      this.#tellFailed(hops, reason, true);
      await backOff(attempt, this.#options.random, signal);
    }
    throw new ClientError(
      "no-path",
      `no path could be built in ${BUILD_ATTEMPTS} attempts: ${reason}; try again later`,
    );
  }

  /** Sends the probe through the hops to the last of them; any answer of its own proves the path. */
  async #try(hops: Path["hops"], signal: AbortSignal | undefined): Promise<OnionOutcome> {
    const last = hops[2];
    const probe = { method: this.#probe, params: {} };
    const outcome = await this.#parts.transport.send(hops, last, probe, signal === undefined ? {} : { signal });
    if (!("reply" in outcome) || outcome.reply.status === 200) return outcome;
    if (outcome.reply.status === 400 && this.#probe === "path_build") {
      this.#probe = "info";
      return await this.#try(hops, signal);
    }
    return { failure: { kind: "self", node: last.pubkey, reason: `the last node answers ${outcome.reply.status}` } };
  }

  #keep(hops: Path["hops"], builtInMs: number): Path {
    const path = { hops, builtInMs };
    this.#live = [...this.#live, path].slice(-MAX_PATHS);
    this.#parts.onEvent({ type: "path-built", hops: hops.map((hop) => hop.pubkey), ms: builtInMs });
    return path;
  }

  #choose(destination: ServiceNode | undefined): Path["hops"] | undefined {
    const { pool, guards } = this.#parts;
    const { diversity, random } = this.#options;
    const others = destination === undefined ? [] : [destination];
    const fits = (node: ServiceNode): boolean => mayJoin(node, others, diversity);
    const sound = this.#live.filter((path) => !this.#failures.has(path));
    const guardsInUse = new Set(sound.map((path) => path.hops[0].pubkey));
    const guard =
      guards.choose(pool, (node) => fits(node) && !guardsInUse.has(node.pubkey)) ?? guards.choose(pool, fits);
    if (guard === undefined) return undefined;
    // A guard knows the client's address: one that is also a last hop elsewhere would see destinations as well.
    const strangers = pool.usable().filter((node) => !guards.includes(node.pubkey));
    const rules = { destination, diversity };
    return completePath(guard, strangers, rules, random) ?? completePath(guard, pool.usable(), rules, random);
  }

  async #chooseAfterRefresh(
    destination: ServiceNode | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Path["hops"]> {
    await this.#parts.refresh(signal);
    const hops = this.#choose(destination);
    if (hops !== undefined) return hops;
    const count = this.#parts.pool.usable().length;
    const rule = this.#options.diversity ? " in different networks and of different operators" : "";
    throw new ClientError(
      "too-few-nodes",
      `a path needs three nodes${rule} besides its destination; the network has ${count} usable nodes`,
    );
  }

  #remove(path: Path, reason: string): void {
    if (!this.#live.includes(path)) return;
    this.#live = this.#live.filter((live) => live !== path);
    this.#tellFailed(path.hops, reason, true);
  }

  #tellFailed(hops: readonly ServiceNode[], reason: string, dropped: boolean): void {
    this.#parts.onEvent({ type: "path-failed", hops: hops.map((hop) => hop.pubkey), reason, dropped });
  }
}
