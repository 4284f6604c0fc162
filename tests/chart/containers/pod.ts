import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@swarmpost/testkit";
import type { IContainer } from "kubernetes-models/v1/Container";
import { environmentOf, expand, type PodIdentity } from "../environment.ts";
import { claimsOf } from "../mounts.ts";
import { isOurs } from "../programs.ts";
import { componentOf, type Workload } from "../workloads.ts";
import { apiHost } from "./cluster-api.ts";
import { Container, type Ended } from "./container.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import { imageOf } from "./images.ts";
import type { PodNetwork } from "./pod-network.ts";
import { ask } from "./probe.ts";
import { PodVolumes } from "./volumes.ts";

const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Those that a container has of its own. */
const namespaces = ["--user", "--mount", "--pid", "--net", "--ipc", "--uts"];

interface Running {
  readonly container: IContainer;
  process: Container;
  restarts: number;
  /** Liveness probes that failed one after the other. */
  notAlive: number;
  /** When it may be started again; undefined while it runs. */
  againMs: number | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/** The kubelet waits for 10 s and more before it starts again what has ended. */
const BACK_OFF_MS = 1_000;

/** One pod: its network, its volumes, its containers, started and asked as the kubelet does. */
export class Pod {
  readonly name: string;
  readonly workload: Workload;
  readonly network: PodNetwork;
  readonly #parts: ClusterParts;
  readonly #running: Running[] = [];
  #volumes: PodVolumes | undefined;
  #ready = false;

  constructor(name: string, workload: Workload, network: PodNetwork, parts: ClusterParts) {
    this.name = name;
    this.workload = workload;
    this.network = network;
    this.#parts = parts;
  }

  /** What the last round of readiness probes said. */
  get ready(): boolean {
    return this.#ready;
  }

  get ip(): string {
    return this.network.ip;
  }

  get component(): string {
    return componentOf(this.workload);
  }

  /** Starts all containers; those that run before the others end first. @throws Error when a volume is not there */
  async start(): Promise<void> {
    this.#volumes = await this.#makeVolumes();
    for (const container of this.workload.spec.initContainers ?? []) {
      const ended = await this.#start(container).ended;
      if (ended.code !== 0) throw new Error(`${this.name}: ${container.name} ended with ${ended.code}`);
    }
    for (const container of this.workload.spec.containers) {
      const started = {
        container,
        process: this.#start(container),
        restarts: 0,
        notAlive: 0,
        againMs: undefined,
        env: this.#environment(container),
      };
      this.#running.push(started);
    }
  }

  /** The end of the only container of a Job, started again as its policy says. */
  async finished(): Promise<Ended> {
    const [running] = this.#running;
    if (running === undefined) throw new Error(`${this.name} was not started`);
    for (;;) {
      const ended = await running.process.ended;
      if (this.workload.spec.restartPolicy !== "OnFailure" || ended.code === 0) return ended;
      this.#noteEnd(running);
      await eventually(() => this.#startAgain(running));
    }
  }

  /** How often containers were started again because they had ended, `pod/container: why` each. */
  readonly restarts: string[] = [];

  /** Notes that a container ended, and when it may be started again. @throws Error with what it printed when it ended too often */
  #noteEnd(running: Running): void {
    const { container, process: ended } = running;
    const printed = ended.output().trim();
    this.restarts.push(`${this.name}/${container.name}: ${printed.split("\n").at(-1)}`);
    if (++running.restarts > 10) throw new Error(`${this.name}/${container.name} ended again: ${printed.slice(-2000)}`);
    running.againMs = performance.now() + BACK_OFF_MS;
  }

  /** Starts it again when its time has come; whether it was. */
  #startAgain(running: Running): boolean {
    if (running.againMs === undefined || performance.now() < running.againMs) return false;
    running.againMs = undefined;
    running.process = this.#start(running.container);
    return true;
  }

  /** Asks every readiness probe once. @throws Error when a container ends again and again, or is not alive */
  async look(): Promise<boolean> {
    const answers = this.#running.map(async (running) => {
      const { container, process: own } = running;
      if (!own.running) {
        if (running.againMs === undefined) this.#noteEnd(running);
        this.#startAgain(running);
        return false;
      }
      const probed = { container, ip: this.ip, exec: (words: readonly string[]) => this.#exec(running, words) };
      const ready = container.readinessProbe === undefined || (await ask(container.readinessProbe, probed));
      if (!ready || container.livenessProbe === undefined) return ready;
      running.notAlive = (await ask(container.livenessProbe, probed)) ? 0 : running.notAlive + 1;
      if (running.notAlive >= (container.livenessProbe.failureThreshold ?? 3))
        throw new Error(`${this.name}/${container.name} is ready but not alive`);
      return running.notAlive === 0;
    });
    this.#ready = (await Promise.all(answers)).every(Boolean);
    return this.#ready;
  }

  /**
   * Ends the pod as the kubelet does: what the manifest asks for before, then SIGTERM.
   * @returns one line for each container that did not end well, or not within its time
   */
  async stop(): Promise<string[]> {
    const graceMs = (this.workload.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const faults = this.#running.map(async (running): Promise<string[]> => {
      const { container, process: own } = running;
      const begun = performance.now();
      const before = container.lifecycle?.preStop?.exec?.command;
      if (before !== undefined) await this.#exec(running, before);
      await own.signal("SIGTERM");
      const timer = setTimeout(() => void own.signal("SIGKILL"), graceMs);
      const { code } = await own.ended;
      clearTimeout(timer);
      // What is not ours may end with any code, nats-server with 1, but must end by itself.
      const well =
        code === 0 ||
        (!isOurs({ workload: this.workload, container, where: this.name }) && code !== null && code < 128);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      return well
        ? []
        : [`${this.name}/${container.name} ended with ${code} after ${seconds} s: ${own.output().slice(-500)}`];
    });
    return (await Promise.all(faults)).flat();
  }

  /** What all containers printed. */
  output(): string {
    return this.#running
      .map(({ container, process: own }) => `== ${this.name}/${container.name}\n${own.output()}`)
      .join("\n");
  }

  #identity(): PodIdentity {
    return { name: this.name, namespace: this.#parts.namespace, ip: this.ip, hostIp: this.#parts.hostIp };
  }

  #environment(container: IContainer): Record<string, string> {
    return environmentOf(container, this.#identity(), (kind, name, key) => this.#parts.api.data(kind, name)?.[key]);
  }

  #start(container: IContainer): Container {
    const { spec } = this.workload;
    const own = this.#environment(container);
    const image = imageOf(container.image ?? "", this.#parts.images);
    const command = [...(container.command ?? image.entrypoint), ...(container.args ?? [])].map((word) =>
      expand(word, own),
    );
    const service = { KUBERNETES_SERVICE_HOST: apiHost, KUBERNETES_SERVICE_PORT: String(this.#parts.apiService.port) };
    const account = spec.automountServiceAccountToken === false ? [] : [{ name: "account", mountPath: accountFolder }];
    const volumeMounts = [...(container.volumeMounts ?? []), ...account];
    return Container.start({
      command,
      env: { ...image.env, HOSTNAME: this.name, ...service, ...own },
      workdir: container.workingDir ?? image.workdir,
      uid: container.securityContext?.runAsUser ?? spec.securityContext!.runAsUser!,
      gid: container.securityContext?.runAsGroup ?? spec.securityContext!.runAsGroup!,
      readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
      mounts: [
        ...image.mounts,
        ...this.#parts.systemFiles,
        ...this.#volumes!.mountsOf({ ...container, volumeMounts }, own),
      ],
      networkPid: this.network.pid,
      log: join(this.#parts.folder, `${this.name}-${container.name}.log`),
    });
  }

  async #makeVolumes(): Promise<PodVolumes> {
    const folder = join(this.#parts.folder, this.name);
    const volumes = await PodVolumes.make(this.workload.spec.volumes ?? [], folder, this.#parts.api.data);
    for (const [volume, claim] of this.#claims()) {
      const kept = join(this.#parts.folder, "claims", claim);
      await mkdir(kept, { recursive: true });
      volumes.claim(volume, kept);
    }
    if (this.workload.spec.automountServiceAccountToken === false) return volumes;
    const account = join(folder, "account");
    await mkdir(account, { recursive: true });
    await writeFile(
      join(account, "token"),
      this.#parts.api.tokenOf(this.workload.spec.serviceAccountName ?? "default"),
    );
    await writeFile(join(account, "namespace"), this.#parts.namespace);
    await writeFile(join(account, "ca.crt"), this.#parts.api.authority);
    volumes.add("account", account);
    return volumes;
  }

  /** Volumes that outlive the pod, and the name of each claim: the StatefulSet's own for this pod, and existing ones. */
  #claims(): [volume: string, claim: string][] {
    const made = claimsOf(this.#parts.objects, this.workload).map((name) => [name, `${name}-${this.name}`] as const);
    const named = (this.workload.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim }) =>
      persistentVolumeClaim === undefined ? [] : [[name, persistentVolumeClaim.claimName] as const],
    );
    return [...made, ...named].map(([volume, claim]) => [volume, claim]);
  }

  /** Runs a command inside a container, as its user. */
  async #exec({ process: own, env, container }: Running, command: readonly string[]): Promise<number | null> {
    const image = imageOf(container.image ?? "", this.#parts.images);
    const inside = ["--target", String(await own.pid), ...namespaces, "--preserve-credentials", "--wd=/"];
    const child = spawn("nsenter", [...inside, "--", ...command], { stdio: "ignore", env: { ...image.env, ...env } });
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  }
}
