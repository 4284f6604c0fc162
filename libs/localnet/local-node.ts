import { type NodeKeys, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { adminPorts, nodePorts } from "./addresses.ts";
import type { Launched, Launcher } from "./launcher.ts";
import type { ServiceName } from "./options.ts";

/** Where a node finds its cluster. */
export interface ClusterEndpoints {
  readonly index: number;
  readonly chainWatcher: string;
  readonly coordinator: string;
  readonly testSuite: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
}

/** What makes a node of a local network. */
export interface LocalNodeOptions {
  /** Address of its own on loopback. */
  readonly host: string;
  readonly seed: Buffer;
  readonly databaseUrl: string;
  readonly cluster: ClusterEndpoints;
  /** `host:port` of servers on loopback that onions may leave to. */
  readonly exits: readonly string[];
  readonly settings: Partial<Record<ServiceName, Record<string, string>>>;
}

/** The two services of a node, in the order in which they start. */
const nodeServices = ["storage", "relay"] as const;

/** A service node of a local network: one identity, one relay, one storage. */
export class LocalNode {
  readonly keys: NodeKeys;
  readonly host: string;
  readonly cluster: number;
  readonly databaseUrl: string;
  readonly #options: LocalNodeOptions;
  readonly #launcher: Launcher;
  readonly #running = new Map<(typeof nodeServices)[number], Launched>();

  constructor(options: LocalNodeOptions, launcher: Launcher) {
    this.#options = options;
    this.#launcher = launcher;
    this.keys = nodeKeysFromSeed(options.seed);
    this.host = options.host;
    this.cluster = options.cluster.index;
    this.databaseUrl = options.databaseUrl;
  }

  get pubkey(): Pubkey {
    return this.keys.pubkey;
  }

  get running(): boolean {
    return this.#running.size > 0;
  }

  /** `https://host:port` for clients. */
  get url(): string {
    return `https://${this.host}:${nodePorts.https}`;
  }

  /** `http://host:port` where it answers as a seed, in the clear. */
  get seedHttp(): string {
    return `http://${this.host}:${nodePorts.seedHttp}`;
  }

  /** `host:port` of the relay's control service, for the cluster's test-suite. */
  get control(): string {
    return `${this.host}:${nodePorts.control}`;
  }

  /** `key@host:port` of the peer link, for a first contact. */
  get peerSeed(): string {
    return `${this.pubkey}@${this.host}:${nodePorts.peer}`;
  }

  /** Starts storage, then relay, whichever does not run. */
  async start(): Promise<void> {
    const place = { cluster: this.cluster, node: this.pubkey };
    for (const service of nodeServices) {
      if (this.#running.has(service)) continue;
      this.#running.set(service, await this.#launcher.launch(service, place, this.environment(service)));
    }
  }

  /** Stops relay, then storage, in order: both drain. The data stays. */
  async stop(): Promise<void> {
    for (const launched of this.#taken(nodeServices.toReversed())) await launched[Symbol.asyncDispose]();
  }

  /** Ends both, or the one that is named, at once (SIGKILL), which only a network with a process for each service can do. */
  async kill(...services: (typeof nodeServices)[number][]): Promise<void> {
    const named = services.length > 0 ? services : nodeServices;
    await Promise.all(this.#taken(named).map((launched) => launched.kill()));
  }

  /** Metrics of relay and storage. */
  async metrics(): Promise<string> {
    return (await Promise.all([...this.#running.values()].map((launched) => launched.metrics()))).join("\n");
  }

  /** Services that run, which from now on count as ended. */
  #taken(services: readonly (typeof nodeServices)[number][]): Launched[] {
    const taken = services.map((service) => this.#running.get(service)).filter((launched) => launched !== undefined);
    for (const service of services) this.#running.delete(service);
    return taken;
  }

  /** The environment of one of the node's services, as a process of its own gets it: its key and passwords included. */
  environment(service: (typeof nodeServices)[number]): Record<string, string> {
    const { cluster, host, seed, databaseUrl, exits, settings } = this.#options;
    const shared = {
      NODE_SEED: seed.toString("hex"),
      HOST: host,
      BUS_URL: cluster.natsUrl,
      CHAIN_WATCHER: cluster.chainWatcher,
      COORDINATOR: cluster.coordinator,
      TEST_SUITE: cluster.testSuite,
      REPLICA_PORT: String(nodePorts.replica),
      ADMIN_HOST: host,
      ADMIN_PORT: String(adminPorts[service]),
    };
    const own =
      service === "storage"
        ? { DATABASE_URL: databaseUrl, LOCAL_HOST: host, LOCAL_PORT: String(nodePorts.local) }
        : {
            PUBLIC_IP: host,
            HTTPS_PORT: String(nodePorts.https),
            PEER_PORT: String(nodePorts.peer),
            SEED_HTTP_PORT: String(nodePorts.seedHttp),
            STORAGE_ADDRESS: `${host}:${nodePorts.local}`,
            GRPC_HOST: host,
            GRPC_PORT: String(nodePorts.control),
            REDIS_URL: cluster.redisUrl,
            EXIT_ALIASES: exits.map((server) => `${server}=http://${server}`).join(","),
          };
    return { ...shared, ...own, ...settings[service] };
  }
}
