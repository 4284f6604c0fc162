import type { IServicePort } from "kubernetes-models/v1/ServicePort";
import { type KubernetesObject, matches, ofKind } from "../manifest.ts";
import { Policies } from "../policies.ts";
import { type Allowed, applyRules, blockedConnections, type PodRules, type Route } from "./firewall.ts";
import type { Pod } from "./pod.ts";

/** An address and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** What routing is made of. */
export interface RoutingOptions {
  readonly objects: readonly KubernetesObject[];
  /** Address of the machine, from where the kubelet probes. */
  readonly hostIp: string;
  /** The Kubernetes API: as pods find it, and where it is. */
  readonly api: { readonly service: Endpoint; readonly behind: Endpoint };
  /** Address of each Service that is not headless. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Labels that a pod has now. */
  readonly labelsOf: (pod: string) => Readonly<Record<string, string>>;
}

/** Keeps Services and NetworkPolicies in every pod's network, as pods come, get ready and change their labels. */
export class Routing {
  readonly #options: RoutingOptions;
  readonly #policies: Policies;
  readonly #applied = new Map<string, string>();

  constructor(options: RoutingOptions) {
    this.#options = options;
    this.#policies = new Policies(options.objects);
  }

  /** Renews the rules of all pods whose rules would differ. */
  apply(pods: readonly Pod[]): void {
    for (const [index, pod] of pods.entries()) {
      const rules: PodRules = { routes: this.#routes(pods, index), ...this.#allowed(pod, pods) };
      const text = JSON.stringify(rules);
      if (this.#applied.get(pod.name) === text) continue;
      applyRules(pod.network.pid, rules);
      this.#applied.set(pod.name, text);
    }
  }

  /** Every connection that a NetworkPolicy stopped so far, with the names of its ends. */
  blocked(pods: readonly Pod[]): readonly string[] {
    return pods.flatMap((pod) =>
      blockedConnections(pod.network.pid).map((line) => {
        const other = pods.find(({ ip }) => line.includes(` ${ip}:`));
        return `${pod.name} ${other === undefined ? line : line.replace(other.ip, other.name)}`;
      }),
    );
  }

  #routes(pods: readonly Pod[], client: number): Route[] {
    const { objects, addresses, api } = this.#options;
    const services = ofKind(objects, "Service").flatMap(({ metadata, spec }) => {
      const ip = addresses.get(metadata.name);
      if (ip === undefined) return [];
      const chosen = pods.filter((pod) => {
        const serves = pod.ready || spec?.publishNotReadyAddresses === true;
        return serves && matches(spec?.selector, this.#options.labelsOf(pod.name));
      });
      const target = chosen[client % Math.max(chosen.length, 1)];
      return (spec?.ports ?? []).map((port) => ({ ip, port: port.port, to: target && endpointOf(target, port) }));
    });
    return [{ ...api.service, to: api.behind }, ...services];
  }

  #allowed(pod: Pod, pods: readonly Pod[]): { egress: Allowed[]; ingress: Allowed[] } {
    const { hostIp, api } = this.#options;
    const own = portsOf(pod);
    const anywhere = { cidr: "0.0.0.0/0" };
    const egress = pods.flatMap((other) =>
      portsOf(other).flatMap((port) =>
        this.#policies.letsOut(pod.workload, other.workload, port) ? [{ ip: other.ip, port }] : [],
      ),
    );
    if (this.#policies.letsOut(pod.workload, anywhere, api.behind.port)) egress.push(api.behind);
    const ingress: Allowed[] = own.map((port) => ({ ip: hostIp, port }));
    for (const port of own) {
      if (this.#policies.letsIn(pod.workload, anywhere, port)) ingress.push({ ip: undefined, port });
      for (const other of pods) {
        if (this.#policies.letsIn(pod.workload, other.workload, port)) ingress.push({ ip: other.ip, port });
      }
    }
    return { egress, ingress };
  }
}

function portsOf(pod: Pod): number[] {
  return pod.workload.spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

function endpointOf(pod: Pod, { port, targetPort = port }: IServicePort): Endpoint {
  const ports = pod.workload.spec.containers.flatMap((container) => container.ports ?? []);
  const named = ports.find(({ name }) => name === targetPort)?.containerPort;
  return { ip: pod.ip, port: named ?? Number(targetPort) };
}
