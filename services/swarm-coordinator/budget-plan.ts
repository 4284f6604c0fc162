import type { Pubkey } from "@swarmpost/crypto";
import type { Budget, Labels, Pod, StoredBudget } from "@swarmpost/kubernetes";
import type { SwarmId, SwarmState } from "@swarmpost/swarm";

/** The label of a node's pod that names its swarm: 16 hex digits. No label while the node is in none. */
export const SWARM_LABEL = "swarmpost.dev/swarm";

/** What the names and labels of the release are. */
export interface ReleaseNames {
  /** Value of `app.kubernetes.io/instance`. */
  readonly release: string;
  /** What the names of budgets begin with. */
  readonly prefix: string;
}

/** What is there. */
export interface ClusterState {
  readonly map: SwarmState;
  /** Names of the release's pods → their nodes. A pod may have an entry before or after it exists. */
  readonly keys: ReadonlyMap<string, Pubkey>;
  readonly pods: readonly Pod[];
  readonly budgets: readonly StoredBudget[];
}

/** The release's part of a swarm. */
export interface LocalSwarm {
  /** Pods of the release whose nodes are in it. */
  readonly pods: readonly string[];
  /** All its members, other clusters' too. */
  readonly size: number;
}

/** What has to be done, in this order. As long as labels change, no budget asks for less than before. */
export interface BudgetPlan {
  readonly create: readonly Budget[];
  readonly update: readonly StoredBudget[];
  /** Pods whose swarm label is missing or wrong; without a swarm it is taken off. */
  readonly label: readonly { readonly pod: Pod; readonly swarm: string | undefined }[];
  readonly remove: readonly StoredBudget[];
}

/** Pods of the release's nodes. */
export function nodePodLabels({ release }: ReleaseNames): Labels {
  return { "app.kubernetes.io/instance": release, "app.kubernetes.io/component": "node" };
}

/** Labels of the release's budgets of swarms. */
function budgetLabels({ release }: ReleaseNames): Labels {
  return { "app.kubernetes.io/instance": release, "app.kubernetes.io/managed-by": "swarm-coordinator" };
}

/** Whether a budget is one of the release's swarms. They are known by their names: labels are easily taken off. */
export function isSwarmBudget({ prefix }: ReleaseNames, name: string): boolean {
  return name.startsWith(`${prefix}-swarm-`) && /^[0-9a-f]{16}$/.test(name.slice(`${prefix}-swarm-`.length));
}

/** A swarm's id as it is written in names and labels: 16 hex digits. */
export function swarmName(id: SwarmId): string {
  return id.toString(16).padStart(16, "0");
}

/** The members of each swarm that are pods of this release, by the swarm's name. */
export function localSwarms(map: SwarmState, keys: ReadonlyMap<string, Pubkey>): Map<string, LocalSwarm> {
  const podOf = new Map([...keys].map(([pod, key]) => [key, pod]));
  const local = new Map<string, LocalSwarm>();
  for (const [id, { members }] of map.swarms) {
    const pods = members.flatMap((key) => podOf.get(key) ?? []);
    if (pods.length > 0) local.set(swarmName(id), { pods, size: members.length });
  }
  return local;
}

/**
 * The next steps to make labels and budgets follow the map. A pod has one swarm label and each budget selects one value of it,
 * so no pod is ever selected by two: Kubernetes would evict such a pod never. While labels are to be changed, a budget asks for
 * all pods but one that have its label now or are to get it, so that no order of the changes lets a drain take two members of a
 * swarm; once all labels are right, another plan lowers and removes what is left over.
 */
export function planBudgets(names: ReleaseNames, { map, keys, pods, budgets }: ClusterState): BudgetPlan {
  const swarms = localSwarms(map, keys);
  const swarmOf = new Map([...swarms].flatMap(([swarm, local]) => local.pods.map((pod) => [pod, swarm] as const)));
  const label = pods
    .filter((pod) => pod.staying && pod.labels[SWARM_LABEL] !== swarmOf.get(pod.name))
    .map((pod) => ({ pod, swarm: swarmOf.get(pod.name) }));
  const moving = label.length > 0;
  const wanted = [...swarms].map(([swarm, { pods: local }]) => {
    const labelled = pods.filter((pod) => pod.labels[SWARM_LABEL] === swarm).map(({ name }) => name);
    return budgetOf(names, swarm, moving ? new Set([...local, ...labelled]).size : local.length);
  });
  const stored = new Map(budgets.map((budget) => [budget.name, budget]));
  const kept = new Set(wanted.map(({ name }) => name));
  return {
    create: wanted.filter(({ name }) => !stored.has(name)),
    update: wanted.flatMap((budget) => {
      const found = stored.get(budget.name);
      if (found === undefined || isEnough(found, budget, moving)) return [];
      return [{ ...budget, resourceVersion: found.resourceVersion }];
    }),
    label,
    remove: moving ? [] : budgets.filter(({ name }) => !kept.has(name)),
  };
}

/** All local members but one must stay. */
function budgetOf(names: ReleaseNames, swarm: string, members: number): Budget {
  return {
    name: `${names.prefix}-swarm-${swarm}`,
    labels: { ...budgetLabels(names), [SWARM_LABEL]: swarm },
    minAvailable: members - 1,
    selector: { "app.kubernetes.io/instance": names.release, [SWARM_LABEL]: swarm },
  };
}

/** While pods move, a budget that asks for more than it has to stays. */
function isEnough(stored: StoredBudget, wanted: Budget, moving: boolean): boolean {
  if (!sameLabels(stored.selector, wanted.selector) || !hasLabels(stored.labels, wanted.labels)) return false;
  return moving ? stored.minAvailable >= wanted.minAvailable : stored.minAvailable === wanted.minAvailable;
}

function sameLabels(a: Labels, b: Labels): boolean {
  return Object.keys(a).length === Object.keys(b).length && hasLabels(a, b);
}

/** Others may add labels of their own. */
function hasLabels(all: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => all[name] === value);
}
