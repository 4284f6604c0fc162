import type { Kubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";
import { type Labels, type ObjectMeta, type Owner, selectorText } from "./objects.ts";

/** A PodDisruptionBudget with a whole number of pods that must stay. */
export interface Budget {
  readonly name: string;
  readonly labels: Labels;
  /** Pods that must stay up: a drain waits rather than go below. */
  readonly minAvailable: number;
  /** The pods it is about: those with all of these labels. */
  readonly selector: Labels;
}

/** One as the API server has it. */
export interface StoredBudget extends Budget {
  readonly resourceVersion: string;
}

interface BudgetJson {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly minAvailable?: number | string; readonly selector?: { readonly matchLabels?: Labels } };
}

const BUDGETS = { api: "/apis/policy/v1", resource: "poddisruptionbudgets" } as const;

/** All budgets that have these labels themselves. Verb: list. @throws KubernetesError */
export async function listBudgets(kubernetes: Kubernetes, selector: Labels): Promise<StoredBudget[]> {
  const query = { labelSelector: selectorText(selector) };
  const found = await kubernetes.call<{ items: BudgetJson[] }>({ ...BUDGETS, verb: "list", query });
  return found.items.map(fromJson);
}

/** Verb: create. @throws KubernetesError `conflict` when it exists already */
export async function createBudget(kubernetes: Kubernetes, budget: Budget, owner: Owner): Promise<void> {
  await kubernetes.call({ ...BUDGETS, verb: "create", body: toJson(budget, owner) });
}

/** Verb: update. @throws KubernetesError `conflict` when it changed since it was read */
export async function updateBudget(kubernetes: Kubernetes, budget: StoredBudget, owner: Owner): Promise<void> {
  const { resourceVersion, ...rest } = budget;
  const body = toJson(rest, owner, resourceVersion);
  await kubernetes.call({ ...BUDGETS, verb: "update", name: budget.name, body });
}

/** Does nothing when there is none. Verb: delete. @throws KubernetesError */
export async function deleteBudget(kubernetes: Kubernetes, name: string): Promise<void> {
  await kubernetes.call({ ...BUDGETS, verb: "delete", name }).catch((error: unknown) => {
    if (!(error instanceof KubernetesError && error.code === "not-found")) throw error;
  });
}

function toJson(budget: Budget, owner: Owner, resourceVersion?: string): object {
  const { name, labels, minAvailable, selector } = budget;
  const metadata = {
    name,
    labels,
    ownerReferences: [owner],
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const spec = { minAvailable, selector: { matchLabels: selector } };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec };
}

/** One that is not as this code writes them reads as NaN or as selecting nothing, so that it differs from all that is wanted. */
function fromJson({ metadata, spec }: BudgetJson): StoredBudget {
  const { name, labels = {}, resourceVersion } = metadata;
  const { minAvailable = Number.NaN, selector } = spec ?? {};
  return { name, labels, resourceVersion, minAvailable: Number(minAvailable), selector: selector?.matchLabels ?? {} };
}
