export {
  type Budget,
  createBudget,
  deleteBudget,
  listBudgets,
  type StoredBudget,
  updateBudget,
} from "./budgets.ts";
export { connectKubernetes, Kubernetes, type KubernetesOptions } from "./client.ts";
export { elected } from "./elected.ts";
export { type ElectionConfig, electionConfig } from "./election-config.ts";
export { electionMetrics } from "./election-metrics.ts";
export {
  addConfigMapEntries,
  addSecretEntries,
  createConfigMap,
  createSecret,
  type EntryObject,
  getConfigMap,
  getSecret,
} from "./entries.ts";
export { KubernetesError, type KubernetesErrorCode } from "./errors.ts";
export { getLease, type Lease, type LeaseChange, leaseOwner, replaceLease } from "./leases.ts";
export type { Labels, Owner } from "./objects.ts";
export { getPod, labelPod, listPods, type Pod, type PodEvent, type PodList, watchPods } from "./pods.ts";
export { getService, type Ingress, type Service, type ServicePort } from "./services.ts";
export { getStatefulSet, type StatefulSet } from "./stateful-sets.ts";
