import { type Kubernetes, listPods, type PodEvent, watchPods } from "@swarmpost/kubernetes";
import { backoff, errorFields, type Logger, WakeableLoop } from "@swarmpost/runtime";
import type { SwarmState } from "@swarmpost/swarm";
import { nodePodLabels, SWARM_LABEL } from "./budget-plan.ts";
import type { CoordinatorMetrics } from "./metrics.ts";
import { sharedServers } from "./node-servers.ts";
import { SwarmBudgets, type SwarmBudgetsOptions } from "./swarm-budgets.ts";

/** What the keeper is told, besides names. */
export interface BudgetKeeperOptions extends SwarmBudgetsOptions {
  /** Names of node pods → their database servers. */
  readonly servers: ReadonlyMap<string, string>;
  /** Longest time between two looks at everything, ms; 30 s by default. */
  readonly everyMs?: number;
}

/** What the keeper works with. */
export interface BudgetKeeperParts {
  readonly kubernetes: Kubernetes;
  readonly logger: Logger;
  readonly metrics: CoordinatorMetrics;
}

const EVERY_MS = 30_000;
/** Before a watch that was ended is begun again: an API server that ends each at once is not asked without pause. */
const WATCH_AGAIN_MS = 500;
const RETRY = { minMs: 500, maxMs: 15_000 } as const;

/** Whether what happened to a pod asks for a look at everything: it came, it went, or its swarm label is not as it should be. */
export function asksForLook(event: PodEvent, swarmOf: ReadonlyMap<string, string>): boolean {
  if (event.type !== "modified") return event.type !== "bookmark";
  return event.pod.labels[SWARM_LABEL] !== swarmOf.get(event.pod.name);
}

/**
 * Keeps the labels and budgets of the release's nodes in step with the map: after each change of the map, when a pod comes,
 * goes or has another swarm label than it should, and every 30 s. An outage of the Kubernetes API is waited out: the labels
 * and budgets that are there go on protecting.
 */
export class BudgetKeeper implements AsyncDisposable {
  readonly #options: BudgetKeeperOptions;
  readonly #parts: BudgetKeeperParts;
  readonly #budgets: SwarmBudgets;
  readonly #reconciling: WakeableLoop;
  readonly #watching: WakeableLoop;
  #map: SwarmState | undefined;
  #swarmOf: ReadonlyMap<string, string> = new Map();
  #failures = 0;
  #watchFailures = 0;

  constructor(options: BudgetKeeperOptions, parts: BudgetKeeperParts) {
    this.#options = options;
    this.#parts = parts;
    this.#budgets = new SwarmBudgets(options, parts);
    this.#reconciling = new WakeableLoop(() => this.#reconcile());
    this.#watching = new WakeableLoop((signal) => this.#watch(signal));
  }

  /** This map is in force now. */
  follow(map: SwarmState): void {
    this.#map = map;
    this.#reconciling.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#watching[Symbol.asyncDispose](), this.#reconciling[Symbol.asyncDispose]()]);
  }

  /** Without a whole map nothing is touched: half of one would take labels off. */
  async #reconcile(): Promise<number> {
    const { logger, metrics } = this.#parts;
    const { servers, everyMs = EVERY_MS } = this.#options;
    if (this.#map === undefined) return everyMs;
    try {
      const state = await this.#budgets.reconcile(this.#map, (count) => metrics.kubernetes.unlabelled.set(count));
      this.#swarmOf = new Map(
        [...state.swarms].flatMap(([swarm, { pods }]) => pods.map((pod) => [pod, swarm] as const)),
      );
      metrics.kubernetes.budgets.set(state.budgets);
      const shared = sharedServers(state.swarms.values(), servers);
      metrics.kubernetes.sharedServer.set(shared.most);
      metrics.kubernetes.majorities.set(shared.majorities);
      metrics.kubernetes.reconciles.inc({ result: "done" });
      if (this.#failures > 0) logger.info("swarm_budgets_in_step_again", { attempt: this.#failures });
      this.#failures = 0;
      return everyMs;
    } catch (error) {
      metrics.kubernetes.reconciles.inc({ result: "failed" });
      if (++this.#failures === 1) logger.warn("swarm_budgets_not_in_step", errorFields(error));
      return backoff(this.#failures, RETRY);
    }
  }

  /** Watches until the API server ends it. What happened before the watch began is seen by the reconciliation that it asks for. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { kubernetes, logger } = this.#parts;
    const selector = nodePodLabels(this.#options);
    try {
      const { resourceVersion } = await listPods(kubernetes, selector, signal);
      this.#reconciling.wake();
      for await (const event of watchPods(kubernetes, selector, { resourceVersion, signal })) {
        this.#watchFailures = 0;
        if (asksForLook(event, this.#swarmOf)) this.#reconciling.wake();
      }
      return WATCH_AGAIN_MS;
    } catch (error) {
      if (signal.aborted) return 0;
      if (++this.#watchFailures === 1) logger.warn("pod_watch_lost", errorFields(error));
      return backoff(this.#watchFailures, RETRY);
    }
  }
}
