import { join } from "node:path";
import { eventually } from "@swarmpost/testkit";
import { isHook, type KubernetesObject, ofKind } from "../manifest.ts";
import { type Workload, workloads } from "../workloads.ts";
import { ClusterApi } from "./cluster-api.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import type { ImageFiles } from "./images.ts";
import { Pod } from "./pod.ts";
import { ClusterNetwork } from "./pod-network.ts";
import { Routing } from "./routing.ts";
import { serviceNames, writeHosts, writeSystemFiles } from "./system-files.ts";

/** What a release is brought up from. */
export interface ReleaseOptions {
  readonly objects: readonly KubernetesObject[];
  readonly namespace: string;
  readonly folder: string;
  readonly images: ImageFiles;
}

interface ReleaseParts {
  readonly cluster: ClusterParts;
  readonly network: ClusterNetwork;
  readonly routing: Routing;
  /** Address of each Service that is not headless. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** A release whose pods are plain processes: helm, the controllers, the kubelet and the network in one, for one test. */
export class Release implements AsyncDisposable {
  readonly api: ClusterApi;
  /** Pods of Deployments and StatefulSets. */
  readonly pods: Pod[] = [];
  readonly #everyPod: Pod[] = [];
  readonly #parts: ReleaseParts;
  readonly #jobs: Promise<string>[] = [];
  readonly #timer: NodeJS.Timeout;

  private constructor(parts: ReleaseParts) {
    this.#parts = parts;
    this.api = parts.cluster.api;
    this.#timer = setInterval(() => this.#route(), 200);
  }

  /** Makes network, API and names; starts no container yet. */
  static async prepare({ objects, namespace, folder, images }: ReleaseOptions): Promise<Release> {
    const network = new ClusterNetwork();
    const { hostIp } = network;
    const api = { service: { ip: network.addService(), port: 443 }, behind: { ip: hostIp, port: 6443 } };
    const server = await ClusterApi.start(api.behind, namespace, objects);
    const named = ofKind(objects, "Service").filter(({ spec }) => spec?.clusterIP !== "None");
    const addresses = new Map(named.map(({ metadata }) => [metadata.name, network.addService()]));
    const labelsOf = (pod: string) => server.labelsOf(pod);
    const systemFiles = await writeSystemFiles(join(folder, "etc"));
    await writeHosts(join(folder, "etc"), namespace, api.service.ip, []);
    const cluster = { folder, namespace, objects, api: server, apiService: api.service, hostIp, images, systemFiles };
    return new Release({
      cluster,
      network,
      addresses,
      routing: new Routing({ objects, hostIp, api, addresses, labelsOf }),
    });
  }

  /** What helm does before it applies anything: the objects of its hooks, and their Jobs to their end. */
  async runHooks(): Promise<string> {
    const hooks = this.#parts.cluster.objects.filter((object) => isHook(object) && !isTest(object));
    this.api.apply(hooks);
    return (await Promise.all(workloads(hooks).map((workload) => this.#runJob(workload)))).join("\n");
  }

  /** Applies everything else and starts every pod; the Jobs' ends are awaited by `jobs`. */
  async install(): Promise<void> {
    const objects = this.#parts.cluster.objects.filter((object) => !isHook(object));
    this.api.apply(objects);
    for (const workload of workloads(objects)) {
      if (workload.kind === "Job") continue;
      for (const name of podNames(workload)) this.pods.push(await this.#addPod(name, workload));
    }
    this.#everyPod.push(...this.pods);
    this.#route();
    const { objects: all, folder, namespace, apiService } = this.#parts.cluster;
    const names = serviceNames(all, this.#parts.addresses, this.pods);
    await writeHosts(join(folder, "etc"), namespace, apiService.ip, names);

    await Promise.all(this.pods.map((pod) => pod.start()));

    for (const workload of workloads(objects)) if (workload.kind === "Job") this.#jobs.push(this.#runJob(workload));
  }

  /** Waits for the end of every ordinary Job; what they printed. @throws Error when one failed for good */
  async jobs(): Promise<string> {
    return (await Promise.all(this.#jobs)).join("\n");
  }

  /** Asks all readiness probes until every pod is ready. @throws Error with what is not ready after that time */
  async untilReady(timeoutMs: number): Promise<void> {
    let failure: unknown;
    const round = async () => {
      try {
        return (await Promise.all(this.pods.map((pod) => pod.look()))).every(Boolean);
      } catch (error) {
        failure = error; // nothing to wait for any more
        return true;
      }
    };
    await eventually(round, { timeoutMs, intervalMs: 250 }).catch((cause: unknown) => {
      const waiting = this.#everyPod.filter((pod) => !pod.ready).map((pod) => pod.output().slice(-3000));
      const blocked = this.blocked().join("\n");
      const text = `not ready after ${timeoutMs / 1000} s:\n${waiting.join("\n")}\nblocked:\n${blocked}`;
      throw new Error(text, { cause });
    });
    if (failure !== undefined) throw failure;
  }

  /** What `helm test` runs; what it printed. @throws Error when it fails */
  async test(): Promise<string> {
    const tests = this.#parts.cluster.objects.filter(isTest);
    return (await Promise.all(workloads(tests).map((workload) => this.#runJob(workload)))).join("\n");
  }

  /** Containers that ended and were started again, with the last line that each printed. */
  restarts(): readonly string[] {
    return this.#everyPod.flatMap((pod) => pod.restarts);
  }

  /** Connections that a NetworkPolicy stopped. */
  blocked(): readonly string[] {
    return this.#parts.routing.blocked(this.#everyPod);
  }

  /** The pod of an elected service that is labelled as the leader; empty while none is. */
  leaderOf(component: string): string {
    const own = this.pods.filter((pod) => pod.component === component);
    return own.find(({ name }) => this.api.labelsOf(name)["swarmpost.dev/role"] === "leader")?.name ?? "";
  }

  /** Stops one pod, which stays away; one line for each container that did not end well. */
  async stopPod(name: string): Promise<string[]> {
    const pod = this.pods.find((each) => each.name === name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    this.pods.splice(this.pods.indexOf(pod), 1);
    return await pod.stop();
  }

  /** Stops every pod, those of the stores last; one line for each container that did not end well. */
  async stop(): Promise<string[]> {
    const stores = ["postgres", "nats", "redis", "chain"];
    const of = (store: boolean): Pod[] => this.pods.filter((pod) => stores.includes(pod.component) === store);
    const faults: string[] = [];
    for (const group of [of(false), of(true)])
      faults.push(...(await Promise.all(group.map((pod) => pod.stop()))).flat());
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.api[Symbol.asyncDispose]();
  }

  #route(): void {
    this.#parts.routing.apply(this.#everyPod);
  }

  async #runJob(workload: Workload): Promise<string> {
    const pod = await this.#addPod(`${workload.name}-run`, workload);
    this.#everyPod.push(pod);
    this.#route();
    await pod.start();
    const { code } = await pod.finished();
    if (code !== 0) throw new Error(`${workload.name} ended with ${code}: ${pod.output().slice(-3000)}`);
    return pod.output();
  }

  async #addPod(name: string, workload: Workload): Promise<Pod> {
    const pod = new Pod(name, workload, await this.#parts.network.addPod(), this.#parts.cluster);
    const own = workload.kind === "StatefulSet" ? { "statefulset.kubernetes.io/pod-name": name } : {};
    const metadata = { name, labels: { ...workload.labels, ...own } };
    this.api.apply([{ apiVersion: "v1", kind: "Pod", metadata }]);
    return pod;
  }
}

function isTest(object: KubernetesObject): boolean {
  return object.metadata.annotations?.["helm.sh/hook"]?.startsWith("test") === true;
}

/** The pods of a Deployment get names as its controller would invent them. */
function podNames(workload: Workload): readonly string[] {
  if (workload.kind === "StatefulSet") return workload.pods;
  return Array.from({ length: workload.replicas }, (_, index) => `${workload.name}-5d4f7c-${"abcdefghij"[index]}xyz`);
}
