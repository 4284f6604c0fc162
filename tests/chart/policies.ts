import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { INetworkPolicyPeer } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicyPeer";
import type { INetworkPolicyPort } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicyPort";
import { type KubernetesObject, matches, ofKind } from "./manifest.ts";
import type { Workload } from "./workloads.ts";

/** The other end of a connection: a pod of the release, or any address outside. */
export type End = Workload | { readonly cidr: string };

/** The NetworkPolicies of a release, as an enforcing network would read them. */
export class Policies {
  readonly #policies: readonly INetworkPolicy[];

  constructor(objects: readonly KubernetesObject[]) {
    this.#policies = ofKind(objects, "NetworkPolicy");
  }

  /** Whether any policy is about a pod's traffic in this direction; without one everything is allowed. */
  isolates(pod: Workload, direction: "Ingress" | "Egress"): boolean {
    return this.#of(pod, direction).length > 0;
  }

  /** Whether a pod may open a connection to a port (number or TCP unless told) of another end. */
  letsOut(from: Workload, to: End, port: number, protocol = "TCP"): boolean {
    return this.#of(from, "Egress").some(({ spec }) =>
      (spec?.egress ?? []).some((rule) => anyPeer(rule.to, to) && anyPort(rule.ports, to, port, protocol)),
    );
  }

  /** Whether a pod takes connections on a port from another end. */
  letsIn(to: Workload, from: End, port: number, protocol = "TCP"): boolean {
    return this.#of(to, "Ingress").some(({ spec }) =>
      (spec?.ingress ?? []).some((rule) => anyPeer(rule.from, from) && anyPort(rule.ports, to, port, protocol)),
    );
  }

  #of(pod: Workload, direction: "Ingress" | "Egress"): readonly INetworkPolicy[] {
    return this.#policies.filter(
      ({ spec }) => (spec?.policyTypes ?? []).includes(direction) && selects(spec?.podSelector, pod.labels),
    );
  }
}

interface Selector {
  readonly matchLabels?: { readonly [key: string]: string };
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

function selects(selector: Selector | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (
    matches(selector?.matchLabels, labels) &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      return operator === "Exists" ? value !== undefined : value === undefined;
    })
  );
}

/** No list of peers means everybody; peers of other namespaces are never pods of this release. */
function anyPeer(peers: readonly INetworkPolicyPeer[] | undefined, end: End): boolean {
  if (peers === undefined || peers.length === 0) return true;
  return peers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if ("cidr" in end) return ipBlock?.cidr === end.cidr;
    return ipBlock === undefined && namespaceSelector === undefined && selects(podSelector, end.labels);
  });
}

function anyPort(
  ports: readonly INetworkPolicyPort[] | undefined,
  end: End,
  wanted: number,
  protocol: string,
): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol: own = "TCP" }) => {
    if (own !== protocol || port === undefined) return own === protocol;
    if (typeof port === "number") return wanted >= port && wanted <= (endPort ?? port);
    if ("cidr" in end) return false;
    return end.spec.containers.some((each) => each.ports?.some((p) => p.name === port && p.containerPort === wanted));
  });
}
