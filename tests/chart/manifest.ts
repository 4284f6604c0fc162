import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import type { ICronJob } from "kubernetes-models/batch/v1/CronJob";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IHorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import type { IJob } from "kubernetes-models/batch/v1/Job";
import type { ILease } from "kubernetes-models/coordination.k8s.io/v1/Lease";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { IPersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import type { IPod } from "kubernetes-models/v1/Pod";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import type { IRole } from "kubernetes-models/rbac.authorization.k8s.io/v1/Role";
import type { IRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding";
import type { ISecret } from "kubernetes-models/v1/Secret";
import type { IService } from "kubernetes-models/v1/Service";
import type { IServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import type { IStatefulSet } from "kubernetes-models/apps/v1/StatefulSet";

interface Kinds {
  ConfigMap: IConfigMap;
  CronJob: ICronJob;
  Deployment: IDeployment;
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  Job: IJob;
  Lease: ILease;
  NetworkPolicy: INetworkPolicy;
  PersistentVolumeClaim: IPersistentVolumeClaim;
  Pod: IPod;
  PodDisruptionBudget: IPodDisruptionBudget;
  Role: IRole;
  RoleBinding: IRoleBinding;
  Secret: ISecret;
  Service: IService;
  ServiceAccount: IServiceAccount;
  StatefulSet: IStatefulSet;
}

/** An object's name and labels. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What every rendered object has. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** The objects of one kind, with the type of that kind. */
export function ofKind<K extends keyof Kinds>(
  objects: readonly KubernetesObject[],
  kind: K,
): readonly (Kinds[K] & { readonly metadata: Metadata })[] {
  return objects.filter((object) => object.kind === kind) as unknown as (Kinds[K] & { metadata: Metadata })[];
}

/** `Kind name`, for a failure's text. */
export function nameOf(object: KubernetesObject): string {
  return `${object.kind} ${object.metadata.name}`;
}

/** Whether an object is made only around an install or upgrade, or by `helm test`. */
export function isHook(object: KubernetesObject): boolean {
  return object.metadata.annotations?.["helm.sh/hook"] !== undefined;
}

/** Whether labels have all that a selector asks for. */
export function matches(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);
}
