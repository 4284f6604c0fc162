import { type KubernetesObject, matches, ofKind } from "./manifest.ts";
import { type Workload, workloads } from "./workloads.ts";

/** Where an address inside the cluster leads. */
export interface Target {
  readonly service: string;
  readonly workload: Workload;
  /** The port of the container behind it; undefined when the Service has no such port. */
  readonly port: number | undefined;
}

/** Labels that pods get while they run, so that a selector with them still means the workload. */
const dynamic = ["statefulset.kubernetes.io/pod-name", "swarmpost.dev/role"];

/** Every `host:port` of a text that is a Service of the release, or a pod behind a headless one (`pod.service.…`). */
export function targetsIn(text: string, objects: readonly KubernetesObject[]): readonly Target[] {
  return [...text.matchAll(/([a-z0-9][a-z0-9.-]*):(\d+)/g)].flatMap(([, host = "", number]) => {
    const target = targetOf(host, Number(number), objects);
    return target === undefined ? [] : [target];
  });
}

function targetOf(host: string, number: number, objects: readonly KubernetesObject[]): Target | undefined {
  const [first = "", second = ""] = host.split(".");
  const named = (name: string) => ofKind(objects, "Service").find(({ metadata }) => metadata.name === name);
  const governing = named(second);
  const service = governing ?? named(first);
  if (service === undefined) return undefined;
  const selector = Object.entries(service.spec?.selector ?? {}).filter(([key]) => !dynamic.includes(key));
  const workload = workloads(objects).find(({ labels }) => matches(Object.fromEntries(selector), labels));
  if (workload === undefined) return undefined;
  const ports = workload.spec.containers.flatMap((container) => container.ports ?? []);
  const headless = service.spec?.clusterIP === "None";
  const wanted = headless ? number : service.spec?.ports?.find(({ port }) => port === number)?.targetPort;
  const found = ports.find(({ name, containerPort }) => name === wanted || containerPort === wanted);
  return { service: service.metadata.name, workload, port: found?.containerPort };
}
