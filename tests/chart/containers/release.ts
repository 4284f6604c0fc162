import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isHook, type KubernetesObject, matches, ofKind } from "../manifest.ts";
import { type Workload, workloads } from "../workloads.ts";
import { ClusterApi } from "./cluster-api.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import type { Mount } from "./container.ts";
import type { ImageFiles } from "./images.ts";
import { Pod } from "./pod.ts";
import { ClusterNetwork } from "./pod-network.ts";
import { proxyPort } from "./service-proxy.ts";

/** What a release is brought up from. */
export interface ReleaseOptions {
  readonly objects: readonly KubernetesObject[];
  readonly namespace: string;
  readonly folder: string;
  readonly images: ImageFiles;
}

/** A release whose pods are plain processes: helm, the controllers, the kubelet and kube-proxy in one, for one test. */
export class Release implements AsyncDisposable {
  readonly pods: Pod[] = [];
  readonly parts: ClusterParts;
  readonly #network: ClusterNetwork;
  readonly #stack: AsyncDisposableStack;
  readonly #hosts = new Map<string, readonly string[]>();

  private constructor(parts: ClusterParts, network: ClusterNetwork, stack: AsyncDisposableStack) {
    this.parts = parts;
    this.#network = network;
    this.#stack = stack;
  }

  /** Makes network, API and names; starts no container yet. */
  static async prepare({ objects, namespace, folder, images }: ReleaseOptions): Promise<Release> {
    const network = new ClusterNetwork();
    const stack = new AsyncDisposableStack();
    const apiIp = network.addService();
    const api = stack.use(await ClusterApi.start(apiIp, namespace, objects));
    const systemFiles = await writeSystemFiles(join(folder, "etc"));
    const release = new Release(
      { folder, namespace, objects, api, apiIp, hostIp: network.hostIp, images, systemFiles },
      network,
      stack,
    );
    await release.#addServices();
    return release;
  }

  /** What helm does before it applies anything: the objects of its hooks, and their Jobs to their end. */
  async runHooks(): Promise<string> {
    const hooks = this.parts.objects.filter((object) => isHook(object) && !isTest(object));
    this.parts.api.apply(hooks);
    return (await Promise.all(workloads(hooks).map((workload) => this.#runJob(workload)))).join("\n");
  }

  /** Applies everything else and starts every pod; the Jobs' ends are awaited by `jobs`. */
  async install(): Promise<void> {
    const objects = this.parts.objects.filter((object) => !isHook(object));
    this.parts.api.apply(objects);
    const lasting = workloads(objects).filter(({ kind }) => kind !== "Job");
    for (const workload of lasting) for (const name of podNames(workload)) await this.#addPod(name, workload);
    await this.#writeHosts();
    await Promise.all(this.pods.map((pod) => pod.start()));
    for (const workload of workloads(objects)) if (workload.kind === "Job") this.#jobs.push(this.#runJob(workload));
  }

  readonly #jobs: Promise<string>[] = [];

  /** Waits for the end of every ordinary Job; what they printed. @throws Error when one failed for good */
  async jobs(): Promise<string> {
    return (await Promise.all(this.#jobs)).join("\n");
  }

  /** Asks all readiness probes until every pod is ready. @throws Error with what is not ready after that time */
  async untilReady(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const ready = await Promise.all(this.pods.map((pod) => pod.look()));
      if (ready.every(Boolean)) return;
      if (performance.now() > deadline) {
        const waiting = this.pods.filter((pod) => !pod.ready).map((pod) => pod.output().slice(-3000));
        throw new Error(`not ready after ${timeoutMs / 1000} s:\n${waiting.join("\n")}`);
      }
      await delay(250);
    }
  }

  /** What `helm test` runs; what it printed. @throws Error when it fails */
  async test(): Promise<string> {
    const tests = this.parts.objects.filter(isTest);
    return (await Promise.all(workloads(tests).map((workload) => this.#runJob(workload)))).join("\n");
  }

  /** Stops every pod at once; one line for each container that did not end well. */
  async stop(): Promise<string[]> {
    const stores = ["postgres", "nats", "redis", "chain"];
    const of = (store: boolean): Pod[] => this.pods.filter((pod) => stores.includes(pod.component) === store);
    const faults: string[] = [];
    for (const group of [of(false), of(true)])
      faults.push(...(await Promise.all(group.map((pod) => pod.stop()))).flat());
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #runJob(workload: Workload): Promise<string> {
    const pod = await this.#makePod(`${workload.name}-run`, workload);
    await pod.start();
    const { code } = await pod.finished();
    if (code !== 0) throw new Error(`${workload.name} ended with ${code}: ${pod.output().slice(-3000)}`);
    return pod.output();
  }

  async #makePod(name: string, workload: Workload): Promise<Pod> {
    return new Pod(name, workload, await this.#network.addPod(), this.parts);
  }

  async #addPod(name: string, workload: Workload): Promise<void> {
    const pod = await this.#makePod(name, workload);
    this.pods.push(pod);
    const own = workload.kind === "StatefulSet" ? { "statefulset.kubernetes.io/pod-name": name } : {};
    const metadata = { name, labels: { ...workload.labels, ...own } };
    this.parts.api.apply([{ apiVersion: "v1", kind: "Pod", metadata }]);
    const set = ofKind(this.parts.objects, "StatefulSet").find((each) => each.metadata.name === workload.name);
    if (set !== undefined) this.#name(`${name}.${set.spec!.serviceName}`, [pod.ip]);
  }

  async #addServices(): Promise<void> {
    for (const { metadata, spec } of ofKind(this.parts.objects, "Service")) {
      const selector = spec?.selector as Record<string, string>;
      const chosen = (): Pod[] =>
        this.pods.filter(
          (pod) =>
            matches(selector, this.parts.api.labelsOf(pod.name)) && (pod.ready || spec?.publishNotReadyAddresses),
        );
      if (spec?.clusterIP === "None") {
        this.#headless.push(() =>
          this.#name(
            metadata.name,
            chosen().map((pod) => pod.ip),
          ),
        );
        continue;
      }
      const ip = this.#network.addService();
      this.#name(metadata.name, [ip]);
      for (const { port, targetPort } of spec?.ports ?? []) {
        const endpoints = () => chosen().map((pod) => ({ ip: pod.ip, port: containerPort(pod, targetPort ?? port) }));
        this.#stack.use(await proxyPort(ip, port, endpoints));
      }
    }
    await this.#writeHosts();
  }

  readonly #headless: (() => void)[] = [];

  #name(service: string, ips: readonly string[]): void {
    this.#hosts.set(service, ips);
  }

  /** Every name of every Service, in the forms that a cluster's DNS and its search list answer. */
  async #writeHosts(): Promise<void> {
    for (const rename of this.#headless) rename();
    const { namespace } = this.parts;
    const suffixes = ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`];
    const lines = [...this.#hosts].flatMap(([name, ips]) =>
      ips.map((ip) => `${ip} ${suffixes.map((suffix) => `${name}${suffix}`).join(" ")}`),
    );
    await writeFile(join(this.parts.folder, "etc/hosts"), ["127.0.0.1 localhost", ...lines, ""].join("\n"));
  }
}

function isTest(object: KubernetesObject): boolean {
  return object.metadata.annotations?.["helm.sh/hook"]?.startsWith("test") === true;
}

/** The pods of a Deployment get the names that its controller would invent. */
function podNames(workload: Workload): readonly string[] {
  if (workload.kind === "StatefulSet") return workload.pods;
  return Array.from({ length: workload.replicas }, (_, index) => `${workload.name}-5d4f7c-${"abcdefghij"[index]}xyz`);
}

function containerPort(pod: Pod, port: string | number): number {
  const ports = pod.workload.spec.containers.flatMap((container) => container.ports ?? []);
  return typeof port === "number" ? port : (ports.find(({ name }) => name === port)?.containerPort ?? 0);
}

/** The few files of /etc that programs read. */
async function writeSystemFiles(folder: string): Promise<readonly Mount[]> {
  await mkdir(folder, { recursive: true });
  const files: Record<string, string> = {
    hosts: "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
    passwd: "root:x:0:0:root:/:/sbin/nologin\nswarmpost:x:10001:10001::/:/sbin/nologin\n",
    group: "root:x:0:\nswarmpost:x:10001:\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return Object.keys(files).map((name) => ({ source: join(folder, name), target: `/etc/${name}`, writable: false }));
}
