import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkDescription } from "@swarmpost/client";
import { generateSeed } from "@swarmpost/crypto";
import type { SwarmMap } from "@swarmpost/protos";
import { type TemporaryFolder, temporaryFolder } from "@swarmpost/testkit";
import { type AddressPlan, claimAddresses } from "./addresses.ts";
import { type Backends, startBackends } from "./backends.ts";
import { Cluster, type ControlService, controlServices } from "./cluster.ts";
import { type ClusterSecurity, secureClusters } from "./cluster-tls.ts";
import type { Launcher } from "./launcher.ts";
import { LocalNode } from "./local-node.ts";
import { LocalnetError } from "./localnet-error.ts";
import type { NetworkOptions, Progress } from "./options.ts";
import { ProcessLauncher } from "./process-launcher.ts";
import { ClusterReader, offered, seated, waitFor } from "./readiness.ts";
import { SharedLauncher } from "./shared-launcher.ts";

const seedsInFile = 3;
const readyMs = 120_000;
const startsAtOnce = 4;

/** What a network is built on, in the order in which it ends (last first). */
interface Foundations {
  readonly options: NetworkOptions;
  readonly stack: AsyncDisposableStack;
  readonly folder: TemporaryFolder;
  readonly backends: Backends;
  readonly addresses: AddressPlan;
  readonly launcher: Launcher;
  readonly security: ClusterSecurity;
}

/** A whole swarmpost network on loopback. Disposing it stops every part and removes its data. */
export class Network implements AsyncDisposable {
  readonly nodes: LocalNode[] = [];
  readonly clusters: Cluster[] = [];
  readonly backends: Backends;
  readonly #foundations: Foundations;
  #nextNode = 1;

  private constructor(foundations: Foundations) {
    this.#foundations = foundations;
    this.backends = foundations.backends;
  }

  /** Starts a network and waits until its seeds offer every node to clients. @throws LocalnetError */
  static async start(options: NetworkOptions): Promise<Network> {
    if (!Number.isInteger(options.nodes) || options.nodes < 1)
      throw new LocalnetError("options", "a network needs nodes");
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    const backends = stack.use(await startBackends(options));
    options.signal?.throwIfAborted();
    const addresses = await claimAddresses();
    const launcher = stack.use(
      options.processes === true ? new ProcessLauncher(folder.path) : new SharedLauncher(folder.path, options),
    );
    const security = await secureClusters(options, { addresses, folder: folder.path });
    const network = new Network({ options, stack, folder, backends, addresses, launcher, security });
    stack.defer(() => network.#stopServices());
    await network.#bringUp();
    network.#owned = stack.move();
    return network;
  }

  #owned: AsyncDisposableStack | undefined;

  /** `https://host:port` of the first node. */
  get seedUrl(): string {
    return this.nodes[0]!.url;
  }

  /** `http://host:port` where the first node answers as a seed in the clear, for clients whose seeds are such URLs. */
  get seedHttp(): string {
    return this.nodes[0]!.seedHttp;
  }

  /** What a client is given: three seeds with their keys. */
  get networkFile(): NetworkDescription {
    const { address, chainId } = this.backends.chain.contract;
    const seeds = this.nodes.slice(0, seedsInFile).map(({ url, pubkey }) => ({ url, pubkey }));
    const { fileServer } = this.clusters[0]!;
    return { name: "local", chain: { id: chainId, contract: address }, seeds, fileServer, diversity: false };
  }

  /** Writes the network file into the network's folder; it goes when the network ends. */
  async writeNetworkFile(): Promise<string> {
    const path = join(this.#foundations.folder.path, "network.json");
    await writeFile(path, `${JSON.stringify(this.networkFile, null, 2)}\n`);
    return path;
  }

  /** The node with this key. */
  node(pubkey: string): LocalNode {
    const found = this.nodes.find((node) => node.pubkey === pubkey);
    if (found === undefined) throw new LocalnetError("options", "no such node in this network");
    return found;
  }

  /** Registers and starts one more node; waits until the seeds offer it. */
  async addNode(cluster = 0): Promise<LocalNode> {
    const node = await this.#makeNode(cluster);
    await node.start();
    await this.#renewTestSuite(cluster);
    await this.backends.chain.register(cluster, [node.keys]);
    await this.#untilOffered();
    return node;
  }

  /** Lets a node leave: its stake is unlocked and returned on the chain. Its services go on until `stop`. */
  async leave(node: LocalNode): Promise<void> {
    await this.backends.chain.leave(node.keys);
    this.nodes.splice(this.nodes.indexOf(node), 1);
  }

  /** The swarm map in force in a cluster. */
  async map(cluster = 0): Promise<SwarmMap> {
    await using reader = new ClusterReader(this.clusters[cluster]!, this.#foundations.security);
    const map = await reader.map();
    if (map === undefined) throw new LocalnetError("service", "swarm-coordinator gave no map");
    return map;
  }

  /** Cuts every link between nodes of different clusters; clients still reach all of them. */
  cutClusters(): void {
    const clusters = new Map(this.nodes.map((node) => [node.pubkey as string, node.cluster]));
    this.#foundations.launcher.isolate((node) => clusters.get(node) ?? -1);
  }

  /** Heals every cut. */
  heal(): void {
    this.#foundations.launcher.isolate(() => 0);
  }

  /** All that the services have logged so far. */
  async logs(): Promise<string> {
    const folder = this.#foundations.folder.path;
    const files = (await readdir(folder)).filter((name) => name.endsWith(".log"));
    return (await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")))).join("");
  }

  /** The metrics of every service. */
  async metrics(): Promise<string> {
    return (await Promise.all([...this.clusters, ...this.nodes].map((part) => part.metrics()))).join("\n");
  }

  /** Stops everything and removes the data. */
  async stop(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const owned = this.#owned;
    this.#owned = undefined;
    await owned?.disposeAsync();
  }

  async #bringUp(): Promise<void> {
    const { options, backends } = this.#foundations;
    const tell = (progress: Progress): void => {
      options.signal?.throwIfAborted();
      options.onProgress?.(progress);
    };
    const own = `${options.postgresUrl ? "given" : "own"} Postgres${options.processes ? ", NATS and Redis" : ""}`;
    tell({ step: "backends", detail: own });
    const { address, chainId } = await backends.chain.deploy();
    tell({ step: "chain", chainId, url: backends.chain.url });
    tell({ step: "contract", address, stake: "15,000" });
    for (let index = 0; index < (options.clusters ?? 1); index++) this.clusters.push(await this.#makeCluster(index));
    await this.#makeNodes(options.nodes);
    const height = await this.#registerAll();
    tell({ step: "registered", nodes: this.nodes.length, height });
    await this.#startServices();
    tell({ step: "services", clusters: this.clusters.length });
    const map = await this.#untilSeated(height);
    const sizes = map.swarms.map((swarm) => swarm.members.length);
    tell({ step: "swarms", swarms: sizes, hash: Buffer.from(map.hash).toString("hex"), height: map.height });
    tell({ step: "proofs", accepted: await this.#untilProven(), nodes: this.nodes.length });
    await this.#untilOffered();
    tell({ step: "ready", seedUrl: this.seedUrl });
  }

  async #makeNodes(count: number): Promise<void> {
    const clusters = this.clusters.length;
    for (let index = 0; index < count; index++) {
      this.#foundations.options.signal?.throwIfAborted();
      await this.#makeNode(index % clusters);
    }
  }

  async #makeCluster(index: number): Promise<Cluster> {
    const { security, backends, addresses, launcher, folder } = this.#foundations;
    const names = await Promise.all(
      controlServices.map(async (service) => {
        const name = `c${index}_${service.replaceAll("-", "_")}`;
        return [service, await backends.databases.create(name)] as const;
      }),
    );
    const { nodes } = this;
    return new Cluster(
      {
        index,
        host: addresses.cluster(index),
        chainUrl: backends.chain.url,
        contract: backends.chain.contract.address,
        ...backends.clusters[index]!,
        databases: Object.fromEntries(names) as Record<ControlService, string>,
        relays: () => nodes.filter((node) => node.cluster === index).map((node) => node.control),
        peerSeeds: () =>
          nodes
            .filter((node) => node.cluster !== index)
            .slice(0, seedsInFile)
            .map((node) => node.peerSeed),
        contentFolder: join(folder.path, `files-${index}`),
        settings: security.settings,
      },
      launcher,
    );
  }

  async #makeNode(cluster: number): Promise<LocalNode> {
    const { security, backends, addresses, launcher } = this.#foundations;
    const number = this.#nextNode++;
    const node = new LocalNode(
      {
        host: addresses.node(number),
        seed: generateSeed(),
        databaseUrl: await backends.databases.create(`node_${number}`),
        cluster: this.clusters[cluster]!.endpoints,
        exits: this.clusters.map((each) => each.address("file-server")),
        settings: security.settings,
      },
      launcher,
    );
    this.nodes.push(node);
    return node;
  }

  /** test-suite is told its relays by a setting: a cluster with another set of nodes starts it anew. */
  async #renewTestSuite(cluster: number): Promise<void> {
    await this.clusters[cluster]!.stop("test-suite");
    await this.clusters[cluster]!.start("test-suite");
  }

  /** One operator after the other: they share the account that mints the development token. */
  async #registerAll(): Promise<bigint> {
    let highest = 0n;
    for (const { index } of this.clusters) {
      const own = this.nodes.filter((node) => node.cluster === index).map((node) => node.keys);
      const registered = await this.backends.chain.register(index, own);
      for (const { height } of registered) highest = height > highest ? height : highest;
    }
    return highest;
  }

  async #startServices(): Promise<void> {
    const { signal } = this.#foundations.options;
    for (const cluster of this.clusters) for (const service of controlServices) await cluster.start(service);
    const waiting = [...this.nodes];
    const startOneAfterAnother = async (): Promise<void> => {
      for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
        signal?.throwIfAborted();
        await node.start();
      }
    };
    const started = await Promise.allSettled(Array.from({ length: startsAtOnce }, startOneAfterAnother));
    for (const start of started) if (start.status === "rejected") throw start.reason;
  }

  async #stopServices(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all(this.clusters.map((cluster) => cluster.stopAll()));
  }

  async #untilSeated(height: bigint): Promise<SwarmMap> {
    const maps = await Promise.all(
      this.clusters.map(async (cluster) => {
        await using reader = new ClusterReader(cluster, this.#foundations.security);
        const complete = async () => {
          const map = await reader.map();
          return map !== undefined && map.height >= height && seated(map) === this.nodes.length ? map : undefined;
        };
        return waitFor("the swarm map", complete, { timeoutMs: readyMs, signal: this.#foundations.options.signal });
      }),
    );
    return maps[0]!;
  }

  async #untilProven(): Promise<number> {
    const wanted = this.nodes.filter((node) => node.running).length;
    for (const cluster of this.clusters) {
      await using reader = new ClusterReader(cluster, this.#foundations.security);
      const all = async () => ((await reader.proofs()) >= wanted ? true : undefined);
      await waitFor("the uptime proofs", all, { timeoutMs: readyMs, signal: this.#foundations.options.signal });
    }
    return wanted;
  }

  async #untilOffered(): Promise<void> {
    const running = this.nodes.filter((node) => node.running);
    const { signal } = this.#foundations.options;
    for (const node of running) {
      const all = async () => ((await offered(node.url)) >= running.length ? true : undefined);
      await waitFor("the seeds' node list", all, { timeoutMs: readyMs, signal });
    }
  }
}
