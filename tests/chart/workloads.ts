import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IPodTemplateSpec } from "kubernetes-models/v1/PodTemplateSpec";
import { type KubernetesObject, type Metadata, nameOf, ofKind } from "./manifest.ts";

/** Something that makes pods, in one shape for all kinds. */
export interface Workload {
  readonly kind: "Deployment" | "StatefulSet" | "Job" | "Pod";
  readonly name: string;
  readonly metadata: Metadata;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
  /** Pods that run at the same time. */
  readonly replicas: number;
  /** Names of the pods; those of a Deployment or a Job are known only by their start. */
  readonly pods: readonly string[];
}

/** A container and where it is. */
export interface PlacedContainer {
  readonly workload: Workload;
  readonly container: IContainer;
  /** `Kind name/container`, for a failure's text. */
  readonly where: string;
}

/** What each workload is for: the component of its pods. */
export function componentOf(workload: Workload): string {
  return workload.labels["app.kubernetes.io/component"] ?? "";
}

/** Every workload of a release. */
export function workloads(objects: readonly KubernetesObject[]): readonly Workload[] {
  return [
    ...ofKind(objects, "StatefulSet").map((set) => {
      const replicas = set.spec?.replicas ?? 1;
      const pods = Array.from({ length: replicas }, (_, ordinal) => `${set.metadata.name}-${ordinal}`);
      return workload("StatefulSet", set.metadata, set.spec!.template, { replicas, pods });
    }),
    ...ofKind(objects, "Deployment").map((deployment) =>
      workload("Deployment", deployment.metadata, deployment.spec!.template, {
        replicas: deployment.spec?.replicas ?? 1,
      }),
    ),
    ...ofKind(objects, "Job").map((job) => workload("Job", job.metadata, job.spec!.template)),
    ...ofKind(objects, "CronJob").map((job) => workload("Job", job.metadata, job.spec!.jobTemplate.spec!.template)),
    ...ofKind(objects, "Pod").map((pod) => workload("Pod", pod.metadata, { metadata: pod.metadata, spec: pod.spec! })),
  ];
}

function workload(
  kind: Workload["kind"],
  metadata: Metadata,
  template: IPodTemplateSpec,
  { replicas = 1, pods = [metadata.name] }: { replicas?: number; pods?: readonly string[] } = {},
): Workload {
  return {
    kind,
    name: metadata.name,
    metadata,
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    spec: template.spec!,
    replicas,
    pods,
  };
}

/** Every container of a workload, those that run before the others first. */
export function containersOf(workload: Workload): readonly PlacedContainer[] {
  const all = [...(workload.spec.initContainers ?? []), ...workload.spec.containers];
  const place = nameOf({ apiVersion: "", ...workload });
  return all.map((container) => ({ workload, container, where: `${place}/${container.name}` }));
}

/** Every container of a release. */
export function allContainers(objects: readonly KubernetesObject[]): readonly PlacedContainer[] {
  return workloads(objects).flatMap(containersOf);
}
