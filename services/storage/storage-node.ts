import { type NodeKeys, pubkeyBytes } from "@swarmpost/crypto";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Runtime } from "@swarmpost/runtime";
import { ConvertedKeys, type SubRequest } from "@swarmpost/storage-rpc";
import type { Background } from "./background.ts";
import type { StorageConfig } from "./config.ts";
import { AccountPull } from "./account-pull.ts";
import { AccountRepairs } from "./account-repairs.ts";
import { dataReason } from "./data-readiness.ts";
import { Executor } from "./executor.ts";
import { Greetings, type GreetingsParts } from "./greetings.ts";
import { Handoff } from "./handoff.ts";
import { HandoffState } from "./handoff-state.ts";
import type { Answer } from "./methods/answer.ts";
import type { Caller } from "./methods/caller.ts";
import { nodeLists } from "./methods/active-nodes.ts";
import type { MethodNode } from "./methods/node.ts";
import { runMethod } from "./methods/table.ts";
import type { StorageMetrics } from "./metrics.ts";
import type { NodeView } from "./node-view.ts";
import { PendingDelivery } from "./pending-delivery.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { replicaMethods } from "./replica-methods.ts";
import { Retention } from "./retention.ts";
import { Replicator } from "./replicate.ts";
import { keptRequests } from "./kept-requests.ts";
import { StampClock } from "./stamp.ts";
import type { StorageData } from "./storage-data.ts";
import { StrayPush } from "./stray-push.ts";
import { SyncPull } from "./sync-pull.ts";
import { NodeWholeness } from "./wholeness.ts";

/** What a node is made of. */
export interface StorageNodeParts {
  readonly runtime: Runtime;
  readonly data: StorageData;
  readonly view: NodeView;
  readonly links: PeerLinks;
  readonly keys: NodeKeys;
  readonly metrics: StorageMetrics;
}

const CONVERTED_KEYS = 20_000;
/** How soon a member that is back is noticed. */
const RETURNED_MS = 250;
const EXPIRY_MS = 600_000;
/** How often it is written down what members said. */
const MEMORY_MS = 5_000;
/** How long a stop is held up by what is kept for others. */
const FLUSH_MS = 3_000;
/** How often disk and rows are measured. */
const RETENTION_MS = 15_000;

/** One node's storage without its servers: the methods of clients, of swarm members, and the work in the background. */
export class StorageNode {
  /** What other storages may ask, by kind. */
  readonly replicaMethods: ReadonlyMap<number, ReplicaMethod>;
  readonly handoff: Handoff;
  readonly whole: NodeWholeness;
  readonly data: StorageData;
  readonly #config: StorageConfig;
  readonly #metrics: StorageMetrics;
  readonly #retention: Retention;
  readonly #state: HandoffState;
  readonly greetings: Greetings;
  readonly #dataReason: () => string | undefined;
  readonly #delivery: PendingDelivery;
  readonly #repairs: AccountRepairs;
  readonly #methods: MethodNode;

  constructor(config: StorageConfig, { runtime, data, view, links, keys, metrics }: StorageNodeParts) {
    this.#config = config;
    this.#metrics = metrics;
    this.data = data;
    const { clock, logger } = runtime;
    const { RETRY_MS: retryMs, MEMBER_TIMEOUT_MS: memberTimeoutMs, STRAGGLER_MS: stragglerMs } = config;
    this.#retention = new Retention({ database: data.database, clock, metrics });
    const { convert } = new ConvertedKeys({ limit: CONVERTED_KEYS });
    const state = new HandoffState({ database: data.database, view, clock });
    const greetings = this.#greet({ ...data, view, links, clock, logger, state });
    const { greeter, absences } = greetings;
    const whole = new NodeWholeness({ state, view, messages: data.messages, greeter });
    const executor = new Executor({ commits: data.commits, keys, clock });
    const keeps = (account: Buffer) => view.keeps(account);
    const kept = keptRequests({ ...data, clock, convert, keeps });
    const shared = { ...data, view, links, clock, convert, state, whole, executor, keeps, keys, kept };
    const counted = (way: "pulled" | "pushed" | "received") => (count: number) => metrics.handed.inc({ way }, count);
    const push = new StrayPush({ ...shared, onPushed: counted("pushed") });
    const pull = new SyncPull({ retryMs }, { ...shared, onPulled: counted("pulled") });
    this.whole = whole;
    this.#state = state;
    this.greetings = greetings;
    this.#dataReason = () => dataReason({ greeter, state, view, clock });
    this.handoff = new Handoff({ retryMs }, { state, pull, push, logger, now: () => clock.now() });
    this.#delivery = new PendingDelivery({ retryMs }, { ...shared, offerAll: (target) => push.offerAll(target) });
    this.#methods = {
      ...shared,
      stamps: new StampClock(pubkeyBytes(keys.pubkey), clock),
      replicator: new Replicator({ memberTimeoutMs, stragglerMs }, { view, links, absences }),
      accounts: new AccountPull({ ...shared, pull }),
      ...nodeLists(),
      waited: metrics.waited,
    };
    this.#repairs = new AccountRepairs({ ...shared, pull });
    const told = { repairs: this.#repairs, onReceived: counted("received") };
    const served = { ...shared, ...told, ownState: () => whole.ownState };
    this.replicaMethods = replicaMethods(served, greetings.method);
    this.#gauges(metrics);
  }

  #greet(parts: Omit<GreetingsParts, "onPlanned" | "onReturned" | "onFound">): Greetings {
    return new Greetings({
      ...parts,
      onPlanned: () => this.handoff.viewChanged(),
      onReturned: (member) => this.#delivery.returned(member),
      onFound: () => this.#metrics.losses.inc(),
    });
  }

  /** Reads what an earlier run left. @throws DatabaseError */
  async load(): Promise<void> {
    await this.#state.load();
    await this.greetings.load();
    await this.#repairs.load();
  }

  /** Why the data is not whole, as far as waiting helps; undefined when it is. */
  dataReason(): string | undefined {
    return this.#dataReason();
  }

  /** To be called with each new view: what this node no longer keeps is waited for elsewhere. */
  viewChanged(view: NodeView): void {
    this.handoff.viewChanged();
    this.data.waits.recheck((account) => !view.keeps(account));
  }

  /**
   * The first step of a stop: readers are sent to other members, the members are told, so that they wait for nobody, and are brought what is kept for them, as
   * far as that goes in a few seconds.
   */
  async leave(): Promise<void> {
    this.data.waits[Symbol.dispose]();
    const flushed = Promise.all([this.greetings.greeter.leave(), this.#delivery.run(), this.greetings.save()]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FLUSH_MS);
    await Promise.race([flushed.catch(() => {}), promise]);
    clearTimeout(timer);
  }

  /** Runs one request of a client. @throws StorageError */
  run(request: SubRequest, caller: Caller): Promise<Answer> {
    return runMethod(request, this.#methods, caller);
  }

  /** Begins the work that nobody asks for. */
  work(background: Background): void {
    const everyMs = this.#config.RETRY_MS;
    background.follow((signal) => this.handoff.run(signal));
    background.repeat({ name: "hello", everyMs: RETURNED_MS, run: () => this.greetings.greeter.run() });
    background.repeat({ name: "hello", everyMs: MEMORY_MS, run: () => this.greetings.save() });
    background.repeat({ name: "pending", everyMs, run: () => this.#delivery.run() });
    background.repeat({ name: "pending", everyMs: RETURNED_MS, run: () => this.#delivery.runReturned() });
    background.repeat({ name: "repair", everyMs: RETURNED_MS, run: () => this.#repairs.run() });
    const expire = async () => this.#metrics.retention.droppedDays.inc(await this.data.expiry.run());
    background.repeat({ name: "expiry", everyMs: EXPIRY_MS, run: expire });
    background.repeat({ name: "retention", everyMs: RETENTION_MS, run: () => this.#retention.look() });
  }

  #gauges(metrics: StorageMetrics): void {
    metrics.gaugeFrom("swarmpost_storage_waiting_readers", "Long polls that wait.", () => this.data.waits.readers);
    metrics.gaugeFrom("swarmpost_storage_pending_frames", "Missed replica frames kept.", () => this.data.pending.size);
    metrics.gaugeFrom(
      "swarmpost_storage_database_waiting_queries",
      "Queries that wait for one of the pool's connections.",
      () => this.data.database.waiting,
    );
    metrics.gaugeFrom(
      "swarmpost_storage_refused_frames",
      "Missed replica frames kept although their member refuses them.",
      () => this.#delivery.refused,
    );
    metrics.gaugeFrom(
      "swarmpost_storage_sync_tasks",
      "Parts of the ring still pulled.",
      () => this.#state.tasks.length,
    );
    metrics.gaugeFrom(
      "swarmpost_storage_whole_state",
      "1 when this node knows of nothing that it lacks, else 0.",
      () => (this.whole.ownState === "whole" ? 1 : 0),
    );
  }
}
