import { type NodeKeys, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Runtime } from "@swarmpost/runtime";
import { ConvertedKeys, type SubRequest } from "@swarmpost/storage-rpc";
import type { Background } from "./background.ts";
import type { StorageConfig } from "./config.ts";
import { AccountPull, pullAccountMethod } from "./account-pull.ts";
import { Executor } from "./executor.ts";
import { Handoff } from "./handoff.ts";
import { handOverMethod, offerMethod } from "./handoff-receive.ts";
import { HandoffState } from "./handoff-state.ts";
import type { Answer } from "./methods/answer.ts";
import type { MethodNode } from "./methods/node.ts";
import { runMethod } from "./methods/table.ts";
import type { StorageMetrics } from "./metrics.ts";
import type { NodeView } from "./node-view.ts";
import { PendingDelivery } from "./pending-delivery.ts";
import { pullIndexMethod, pullRecordsMethod, pullTombstonesMethod } from "./pull-method.ts";
import type { ReplicaMethod } from "./replica-handler.ts";
import { KIND } from "./replica-kinds.ts";
import { Retention } from "./retention.ts";
import { Replicator } from "./replicate.ts";
import { replicateMethod } from "./replicate-method.ts";
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
  readonly #delivery: PendingDelivery;
  readonly #methods: MethodNode;

  constructor(config: StorageConfig, { runtime, data, view, links, keys, metrics }: StorageNodeParts) {
    this.#config = config;
    this.#metrics = metrics;
    this.data = data;
    const { clock, logger } = runtime;
    this.#retention = new Retention({ database: data.database, clock, metrics });
    const { convert } = new ConvertedKeys({ limit: CONVERTED_KEYS });
    const state = new HandoffState({ database: data.database, view, clock });
    const whole = new NodeWholeness({ state, view, messages: data.messages });
    const executor = new Executor({ commits: data.commits, keys, clock });
    const { MEMBER_TIMEOUT_MS: memberTimeoutMs, STRAGGLER_MS: stragglerMs } = config;
    const shared = { ...data, view, links, clock, convert, state, whole, executor };
    const keeps = (account: Buffer) => view.keeps(account);
    const counted = (way: "pulled" | "pushed" | "received") => (count: number) => metrics.handed.inc({ way }, count);
    const push = new StrayPush({ ...shared, onPushed: counted("pushed") });
    const pull = new SyncPull({ retryMs: config.RETRY_MS }, { ...shared, keeps, onPulled: counted("pulled") });
    this.whole = whole;
    this.#state = state;
    this.handoff = new Handoff({ retryMs: config.RETRY_MS }, { state, pull, push, logger, now: () => clock.now() });
    const offerAll = (target: Pubkey) => push.offerAll(target);
    this.#delivery = new PendingDelivery({ retryMs: config.RETRY_MS }, { ...shared, offerAll });
    this.#methods = {
      ...shared,
      keys,
      stamps: new StampClock(pubkeyBytes(keys.pubkey), clock),
      replicator: new Replicator({ memberTimeoutMs, stragglerMs }, { view, links }),
      accounts: new AccountPull({ links, view, whole, clock, pull }),
    };
    const pulled = { ...shared, keys, ownState: () => whole.ownState };
    const received = { ...shared, keeps, onReceived: counted("received") };
    this.replicaMethods = new Map<number, ReplicaMethod>([
      [KIND.replicate, replicateMethod(shared)],
      [KIND.offer, offerMethod(received)],
      [KIND.handOver, handOverMethod(received)],
      [KIND.pullIndex, pullIndexMethod(pulled)],
      [KIND.pullRecords, pullRecordsMethod(pulled)],
      [KIND.pullTombstones, pullTombstonesMethod(pulled)],
      [KIND.pullAccount, pullAccountMethod(pulled)],
    ]);
    this.#gauges(metrics);
  }

  /** Reads what an earlier run left. @throws DatabaseError */
  load(): Promise<void> {
    return this.#state.load();
  }

  /** Runs one request of a client. @throws StorageError */
  run(request: SubRequest): Promise<Answer> {
    return runMethod(request, this.#methods);
  }

  /** Begins the work that nobody asks for. */
  work(background: Background): void {
    const everyMs = this.#config.RETRY_MS;
    background.follow((signal) => this.handoff.run(signal));
    background.repeat({ name: "pending", everyMs, run: () => this.#delivery.run() });
    background.repeat({ name: "pending", everyMs: RETURNED_MS, run: () => this.#delivery.runReturned() });
    const expire = async () => this.#metrics.retention.droppedDays.inc(await this.data.expiry.run());
    background.repeat({ name: "expiry", everyMs: EXPIRY_MS, run: expire });
    background.repeat({ name: "retention", everyMs: RETENTION_MS, run: () => this.#retention.look() });
  }

  #gauges(metrics: StorageMetrics): void {
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
  }
}
