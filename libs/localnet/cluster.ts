import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { adminPorts, clusterPorts } from "./addresses.ts";
import type { Launched, Launcher } from "./launcher.ts";
import type { ClusterEndpoints } from "./local-node.ts";
import type { ServiceName } from "./options.ts";

/** What makes one operator's control services. */
export interface ClusterOptions {
  readonly index: number;
  /** Address of its own on loopback. */
  readonly host: string;
  readonly chainUrl: string;
  readonly contract: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  /** One database URL a control service. */
  readonly databases: Record<ControlService, string>;
  /** Control addresses of this operator's relays. */
  readonly relays: () => readonly string[];
  /** Nodes of other operators for the first contact, `key@host:port`. */
  readonly peerSeeds: () => readonly string[];
  /** Folder of the file server's content, of its own. */
  readonly contentFolder: string;
  readonly settings: Partial<Record<ServiceName, Record<string, string>>>;
}

/** The services that a cluster has once. */
export type ControlService = "chain-watcher" | "swarm-coordinator" | "test-suite" | "file-server";

/** In the order in which they start. */
export const controlServices: readonly ControlService[] = [
  "chain-watcher",
  "swarm-coordinator",
  "test-suite",
  "file-server",
];

const ports: Record<ControlService, number> = {
  "chain-watcher": clusterPorts.chainWatcher,
  "swarm-coordinator": clusterPorts.coordinator,
  "test-suite": clusterPorts.testSuite,
  "file-server": clusterPorts.fileServer,
};

/** One operator's control services: chain-watcher, swarm-coordinator, test-suite and file-server. */
export class Cluster {
  readonly index: number;
  readonly #options: ClusterOptions;
  readonly #launcher: Launcher;
  readonly #onionSeed = generateSeed();
  readonly #running = new Map<ControlService, Launched>();

  constructor(options: ClusterOptions, launcher: Launcher) {
    this.index = options.index;
    this.#options = options;
    this.#launcher = launcher;
  }

  /** Where this cluster's nodes find it. */
  get endpoints(): ClusterEndpoints {
    const { index, natsUrl, redisUrl } = this.#options;
    return {
      index,
      natsUrl,
      redisUrl,
      chainWatcher: this.address("chain-watcher"),
      coordinator: this.address("swarm-coordinator"),
      testSuite: this.address("test-suite"),
    };
  }

  /** `http://host:port` of the file server, and its X25519 key, which clients encrypt to. */
  get fileServer(): { url: string; pubkey: string } {
    const { publicKey } = nodeKeysFromSeed(this.#onionSeed).x25519;
    return { url: `http://${this.address("file-server")}`, pubkey: publicKey.toString("hex") };
  }

  /** `host:port` on which a control service is reached. */
  address(service: ControlService): string {
    return `${this.#options.host}:${ports[service]}`;
  }

  /** Starts one control service; nothing when it runs. */
  async start(service: ControlService): Promise<void> {
    if (this.#running.has(service)) return;
    const launched = await this.#launcher.launch(service, { cluster: this.index }, this.#environment(service));
    this.#running.set(service, launched);
  }

  /** Stops one control service in order. */
  async stop(service: ControlService): Promise<void> {
    const launched = this.#running.get(service);
    this.#running.delete(service);
    await launched?.[Symbol.asyncDispose]();
  }

  /** Ends one control service without warning; needs a process for each service. */
  async kill(service: ControlService): Promise<void> {
    const launched = this.#running.get(service);
    this.#running.delete(service);
    await launched?.kill();
  }

  /** Stops everything in the reverse order of the start. */
  async stopAll(): Promise<void> {
    for (const service of controlServices.toReversed()) await this.stop(service);
  }

  /** Metrics of all control services that run. */
  async metrics(): Promise<string> {
    return (await Promise.all([...this.#running.values()].map((launched) => launched.metrics()))).join("\n");
  }

  #environment(service: ControlService): Record<string, string> {
    const options = this.#options;
    const own: Record<ControlService, Record<string, string>> = {
      "chain-watcher": { CHAIN_RPC_URLS: options.chainUrl, CHAIN_CONTRACT: options.contract, CHAIN_POLL_MS: "500" },
      "swarm-coordinator": { CHAIN_WATCHER: this.address("chain-watcher") },
      "test-suite": {
        CHAIN_WATCHER: this.address("chain-watcher"),
        RELAYS: options.relays().join(","),
        PEER_SEEDS: options.peerSeeds().join(","),
        ADDRESS_POLICY: "private",
      },
      "file-server": {
        HOST: options.host,
        HTTP_PORT: String(ports["file-server"]),
        ONION_KEY: this.#onionSeed.toString("hex"),
        CONTENT_DIR: options.contentFolder,
      },
    };
    return {
      DATABASE_URL: options.databases[service],
      BUS_URL: options.natsUrl,
      GRPC_HOST: options.host,
      GRPC_PORT: String(ports[service]),
      ADMIN_HOST: options.host,
      ADMIN_PORT: String(adminPorts.control + controlServices.indexOf(service)),
      ...own[service],
      ...options.settings[service],
    };
  }
}
