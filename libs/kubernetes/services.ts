import type { Kubernetes } from "./client.ts";
import type { ObjectMeta } from "./objects.ts";
import { readObject } from "./read-object.ts";

/** One port of a Service. */
export interface ServicePort {
  /** Empty when the Service has one port only and does not name it. */
  readonly name: string;
  readonly port: number;
  /** The port on every machine; undefined unless the type has one. */
  readonly nodePort: number | undefined;
}

/** Where a load balancer takes connections: an IP address or a DNS name, as the cloud tells. */
export interface Ingress {
  readonly ip: string | undefined;
  readonly hostname: string | undefined;
}

/** A Service, as far as it matters here. */
export interface Service {
  readonly name: string;
  /** `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`. */
  readonly type: string;
  readonly ports: readonly ServicePort[];
  /** Empty until a load balancer has taken the Service on. */
  readonly ingress: readonly Ingress[];
}

interface ServiceJson {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly nodePort?: number }[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** Undefined when there is none. Verb: get. @throws KubernetesError */
export async function getService(kubernetes: Kubernetes, name: string): Promise<Service | undefined> {
  const found = await readObject<ServiceJson>(kubernetes, { api: "/api/v1", resource: "services", name });
  if (found === undefined) return undefined;
  const { metadata, spec, status } = found;
  return {
    name: metadata.name,
    type: spec?.type ?? "ClusterIP",
    ports: (spec?.ports ?? []).map((port) => ({ name: port.name ?? "", port: port.port, nodePort: port.nodePort })),
    ingress: (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({ ip, hostname })),
  };
}
