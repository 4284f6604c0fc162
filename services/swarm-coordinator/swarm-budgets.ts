import { pubkey, type Pubkey } from "@swarmpost/crypto";
import {
  createBudget,
  deleteBudget,
  getConfigMap,
  getLease,
  type Kubernetes,
  KubernetesError,
  labelPod,
  leaseOwner,
  listBudgets,
  listPods,
  updateBudget,
} from "@swarmpost/kubernetes";
import type { SwarmState } from "@swarmpost/swarm";
import {
  type BudgetPlan,
  isSwarmBudget,
  localSwarms,
  type LocalSwarm,
  nodePodLabels,
  planBudgets,
  type ReleaseNames,
  SWARM_LABEL,
} from "./budget-plan.ts";
import { CoordinatorError } from "./errors.ts";

/** Where the release's nodes are written down, and what its objects are called. */
export interface SwarmBudgetsOptions extends ReleaseNames {
  /** ConfigMap: names of node pods → public keys, 64 hex digits. */
  readonly nodeKeys: string;
  /** The Lease that budgets belong to, so that they go with the release. */
  readonly lease: string;
}

/** What a reconciliation found. */
export interface SwarmBudgetsState {
  /** The release's part of each swarm, by the swarm's name. */
  readonly swarms: ReadonlyMap<string, LocalSwarm>;
  readonly budgets: number;
}

/** One to label, one to lower; more only when pods come while it works, and those ask for another reconciliation anyway. */
const MOST_ROUNDS = 3;

/** Makes the swarm labels of node pods, and the budget of each swarm, as a map wants them. */
export class SwarmBudgets {
  readonly #options: SwarmBudgetsOptions;
  readonly #kubernetes: Kubernetes;

  constructor(options: SwarmBudgetsOptions, { kubernetes }: { kubernetes: Kubernetes }) {
    this.#options = options;
    this.#kubernetes = kubernetes;
  }

  /**
   * Looks at what is there and changes what differs. The first failure ends it, so that nothing is protected less before the
   * labels are right.
   * @throws KubernetesError, or CoordinatorError "bad-node-keys"
   */
  async reconcile(map: SwarmState, onUnlabelled: (count: number) => void): Promise<SwarmBudgetsState> {
    const keys = await this.#keys();
    for (let round = 1; ; round++) {
      const { pods } = await listPods(this.#kubernetes, nodePodLabels(this.#options));
      const budgets = (await listBudgets(this.#kubernetes, {})).filter(({ name }) =>
        isSwarmBudget(this.#options, name),
      );
      const plan = planBudgets(this.#options, { map, keys, pods, budgets });
      onUnlabelled(plan.label.length);
      await this.#carryOut(plan, onUnlabelled);
      const count = budgets.length + plan.create.length - plan.remove.length;
      if (plan.label.length === 0 || round === MOST_ROUNDS) return { swarms: localSwarms(map, keys), budgets: count };
    }
  }

  async #carryOut({ create, update, label, remove }: BudgetPlan, onUnlabelled: (count: number) => void): Promise<void> {
    const kubernetes = this.#kubernetes;
    if (create.length + update.length > 0) {
      const owner = leaseOwner(await getLease(kubernetes, this.#options.lease));
      for (const budget of create) await createBudget(kubernetes, budget, owner);
      for (const budget of update) await updateBudget(kubernetes, budget, owner);
    }
    await this.#label(label, onUnlabelled);
    for (const { name } of remove) await deleteBudget(kubernetes, name);
  }

  async #label(label: BudgetPlan["label"], onUnlabelled: (count: number) => void): Promise<void> {
    for (const [index, { pod, swarm }] of label.entries()) {
      await labelPod(this.#kubernetes, pod, { [SWARM_LABEL]: swarm ?? null }).catch((error: unknown) => {
        if (!(error instanceof KubernetesError && error.code === "not-found")) throw error; // it is gone
      });
      onUnlabelled(label.length - index - 1);
    }
  }

  async #keys(): Promise<ReadonlyMap<string, Pubkey>> {
    const found = await getConfigMap(this.#kubernetes, this.#options.nodeKeys);
    if (found === undefined) throw new CoordinatorError("bad-node-keys", "the ConfigMap of node keys is not there");
    try {
      return new Map(Object.entries(found.entries).map(([pod, key]) => [pod, pubkey(key.trim())]));
    } catch (cause) {
      throw new CoordinatorError("bad-node-keys", "the ConfigMap of node keys has an entry that is no key", { cause });
    }
  }
}
