import { MemoryBroker } from "@swarmpost/bus";
import { type Cache, connectRedis, MemoryCacheStore } from "@swarmpost/cache";
import { generateSeed, type NodeKeys, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import type { OnionHop } from "@swarmpost/onion";
import { nodeCertificate } from "@swarmpost/rpc";
import {
  createLogger,
  createRuntime,
  type LogLevel,
  parseConfig,
  type Runtime,
  silentLogger,
} from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { Agent } from "undici";
import { relayConfig } from "../config.ts";
import type { RelayOpen } from "../open.ts";
import type { Admit } from "../peer-contacts.ts";
import { createRelay, type RelayService } from "../service.ts";
import { FakeFollower, type ViewNode } from "./fake-view.ts";
import { ScriptedStorage } from "./scripted-storage.ts";

/** An answer of a relay's HTTPS port. */
export interface EdgeReply {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** How a test network is made. */
export interface RelayNetworkOptions {
  readonly nodes: number;
  /** Real Redis; memory when absent. */
  readonly redisUrl?: string;
  /** A fault: which keys relays let through besides the registry. */
  readonly admit?: Admit;
  /** Finds the published address; PUBLIC_IP by default. */
  readonly address?: RelayOpen["address"];
  /** Lowest level of the lines that each relay keeps; none by default. */
  readonly logLevel?: LogLevel;
  /** Changes to every relay's configuration. */
  readonly config?: Readonly<Record<string, string>>;
}

/** One node of a test network: a real relay before a scripted storage. */
export class TestRelay {
  readonly seed: Buffer;
  readonly keys: NodeKeys;
  readonly storage = new ScriptedStorage();
  runtime: Runtime = createRuntime("relay", { logger: silentLogger });
  /** What it wanted to end its process with. */
  readonly failures: unknown[] = [];
  #service: RelayService | undefined;
  #cache: Cache | undefined;

  /** What it logged. */
  readonly lines: Record<string, unknown>[] = [];

  /** A second relay with the seed of another is its doppelganger. */
  constructor(seed: Buffer = generateSeed()) {
    this.seed = seed;
    this.keys = nodeKeysFromSeed(seed);
  }

  get pubkey(): Pubkey {
    return this.keys.pubkey;
  }

  get service(): RelayService {
    if (!this.#service) throw new Error("the relay is not running");
    return this.#service;
  }

  get cache(): Cache {
    if (!this.#cache) throw new Error("the relay is not running");
    return this.#cache;
  }

  get hop(): OnionHop {
    return { pubkey: this.pubkey, x25519: this.keys.x25519.publicKey };
  }

  /** Takes a line of its log. */
  write(line: string): void {
    this.lines.push(JSON.parse(line) as Record<string, unknown>);
  }

  async start(options: RelayNetworkOptions, follower: FakeFollower, memory: MemoryCacheStore): Promise<void> {
    const { redisUrl } = options;
    // A restarted relay keeps its ports, as a pod would.
    const ports = this.#service
      ? { HTTPS_PORT: String(this.service.httpsPort), PEER_PORT: String(this.service.peerPort) }
      : { HTTPS_PORT: "0", PEER_PORT: "0" };
    const env = {
      NODE_SEED: this.seed.toString("hex"),
      PUBLIC_IP: "127.0.0.1",
      HOST: "127.0.0.1",
      STORAGE_ADDRESS: this.storage.address,
      TEST_SUITE: "127.0.0.1:9",
      ...ports,
      ...options.config,
    };
    this.runtime = createRuntime("relay", {
      logger: createLogger({ service: "relay", level: options.logLevel ?? "silent", destination: this }),
      fail: (error) => this.failures.push(error),
    });
    this.#service = await createRelay(parseConfig(relayConfig, env), this.runtime, {
      bus: async () => new MemoryBroker().connect(),
      cache: async () => {
        this.#cache = redisUrl === undefined ? memory.connect() : await connectRedis({ url: redisUrl });
        return this.#cache;
      },
      view: async () => follower,
      ...(options.admit ? { admit: options.admit } : {}),
      ...(options.address ? { address: options.address } : {}),
    });
  }
}

/** Real relays in this process over a fabricated view, with scripted storages. */
export class RelayNetwork implements AsyncDisposable {
  readonly relays: readonly TestRelay[];
  readonly follower = new FakeFollower();
  readonly #options: RelayNetworkOptions;
  readonly #memory = new MemoryCacheStore();
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false }, pipelining: 1 });

  private constructor(options: RelayNetworkOptions) {
    this.#options = options;
    this.relays = Array.from({ length: options.nodes }, () => new TestRelay());
  }

  static async start(options: RelayNetworkOptions): Promise<RelayNetwork> {
    const network = new RelayNetwork(options);
    for (const relay of network.relays) await relay.storage.listen();
    for (const relay of network.relays) await relay.start(options, network.follower, network.#memory);
    await network.show();
    for (const relay of network.relays) await network.ready(relay);
    return network;
  }

  /** Shows all relays their true view, changed as `change` says. */
  async show(change: (node: ViewNode, index: number) => ViewNode | undefined = (node) => node): Promise<void> {
    const nodes = await Promise.all(this.relays.map((relay) => this.viewNode(relay)));
    this.follower.show(nodes.flatMap((node, index) => change(node, index) ?? []));
  }

  async viewNode(relay: TestRelay): Promise<ViewNode> {
    const { httpsPort, peerPort } = relay.service;
    const certificate = await nodeCertificate(relay.keys);
    const ports = { httpsPort, peerPort, replicaPort: 1 };
    const version = [2, 11, 0] as const;
    const contact = { ip: "127.0.0.1", ...ports, certificate, version, provenMs: 1_800_000_000_000 };
    return { pubkey: relay.pubkey, seated: true, contact };
  }

  /** Waits until a relay serves. */
  async ready(relay: TestRelay): Promise<void> {
    await eventually(() => {
      const reasons = relay.runtime.health.reasons();
      if (reasons.length > 0) throw new Error(reasons.join("; "));
    });
  }

  /** Waits until a relay says that it does not serve. */
  async notReady(relay: TestRelay): Promise<void> {
    await eventually(() => relay.runtime.health.reasons().length > 0);
  }

  async restart(relay: TestRelay): Promise<void> {
    await relay.service[Symbol.asyncDispose]();
    await relay.start(this.#options, this.follower, this.#memory);
    await this.ready(relay);
  }

  /** Sends a request to a relay's HTTPS port. */
  async request(
    relay: TestRelay,
    path: string,
    body: Buffer | string,
    options: { method?: "GET" | "POST"; headers?: Record<string, string> } = {},
  ): Promise<EdgeReply> {
    const { method = "POST", headers = {} } = options;
    const response = await this.#agent.request({
      origin: `https://127.0.0.1:${relay.service.httpsPort}`,
      path,
      method,
      headers,
      ...(method === "GET" ? {} : { body }),
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.from(await response.body.arrayBuffer()),
    };
  }

  /** Sends an onion to its guard. */
  onion(guard: TestRelay, body: Buffer): Promise<EdgeReply> {
    return this.request(guard, "/onion_req/v2", body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
    for (const relay of this.relays) {
      await relay.service[Symbol.asyncDispose]();
      await relay.storage[Symbol.asyncDispose]();
    }
  }
}
