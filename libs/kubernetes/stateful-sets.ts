import type { Kubernetes } from "./client.ts";
import type { Labels, ObjectMeta } from "./objects.ts";
import { readObject } from "./read-object.ts";

/** A StatefulSet, as far as it matters here. */
export interface StatefulSet {
  readonly name: string;
  readonly labels: Labels;
  /** Pods that are wanted: ordinals 0 to this number, exclusive. */
  readonly replicas: number;
  readonly readyReplicas: number;
}

interface StatefulSetJson {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}

/** Undefined when there is none. Verb: get. @throws KubernetesError */
export async function getStatefulSet(kubernetes: Kubernetes, name: string): Promise<StatefulSet | undefined> {
  const found = await readObject<StatefulSetJson>(kubernetes, { api: "/apis/apps/v1", resource: "statefulsets", name });
  if (found === undefined) return undefined;
  const { metadata, spec, status } = found;
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    replicas: spec?.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
  };
}
