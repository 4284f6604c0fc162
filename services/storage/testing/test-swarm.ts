import { blake2b, type Pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { create } from "@bufbuild/protobuf";
import { emptySwarmMapView, type NodeContact, type SwarmMapView, swarmMapView } from "@swarmpost/network-view";
import { SwarmMapSchema } from "@swarmpost/protos";
import { type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestNode } from "./test-node.ts";

/** Ring id → members. */
export type Layout = ReadonlyMap<bigint, readonly TestNode[]>;

let databases = 0;

/** Several storages with real databases and real replica links, and a network view that the test dictates. */
export class TestSwarm implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly nodes: TestNode[] = [];
  readonly #ownsPostgres: boolean;
  #map: SwarmMapView = emptySwarmMapView;
  #previous: SwarmMapView | undefined;
  #layout: Layout = new Map();
  #height = 10n;

  private constructor(postgres: PostgresServer, ownsPostgres: boolean) {
    this.postgres = postgres;
    this.#ownsPostgres = ownsPostgres;
  }

  /** Starts `count` nodes in one swarm (id 0). @param postgres one that is shared between tests, else an own one. */
  static async start(
    count: number,
    options: { postgres?: PostgresServer; settings?: Record<string, string> } = {},
  ): Promise<TestSwarm> {
    const swarm = new TestSwarm(options.postgres ?? (await startPostgres()), options.postgres === undefined);
    for (let i = 0; i < count; i++) await swarm.add(options.settings);
    swarm.setMap(new Map([[0n, swarm.nodes]]));
    return swarm;
  }

  /** Starts a node that is registered but in no swarm yet. */
  async add(settings: Record<string, string> = {}): Promise<TestNode> {
    const node = new TestNode(await this.newDatabase(), settings);
    await node.start();
    this.nodes.push(node);
    this.publish();
    return node;
  }

  async newDatabase(): Promise<string> {
    return this.postgres.createDatabase(`storage_${process.pid}_${++databases}`);
  }

  /** A copy of a stopped node's database as it is now: a backup. */
  async backup(node: TestNode): Promise<string> {
    const template = new URL(node.databaseUrl).pathname.slice(1);
    return this.postgres.createDatabase(`storage_${process.pid}_${++databases}`, { template });
  }

  /** Puts a new swarm map in force. `only`: the nodes that hear of it now (all by default). */
  setMap(layout: Layout, only: readonly TestNode[] = this.nodes): void {
    this.#height++;
    this.#previous = this.#map === emptySwarmMapView ? undefined : this.#map;
    const swarms = [...layout].map(([id, nodes]) => {
      const members = nodes.map((node) => pubkeyBytes(node.pubkey)).sort((a, b) => Buffer.compare(a, b));
      const before = this.#layout.get(id);
      const same = before?.length === nodes.length && nodes.every((node) => before.includes(node));
      const changedHeight = same ? (this.#map.swarm(id)?.changedHeight ?? this.#height) : this.#height;
      return { id, members, changedHeight };
    });
    const hash = blake2b(32, Buffer.from(`map ${this.#height}`));
    this.#map = swarmMapView(create(SwarmMapSchema, { height: this.#height, hash, swarms }));
    this.#layout = new Map(layout);
    this.publish(only);
  }

  /** Tells nodes the present state of the network. */
  publish(only: readonly TestNode[] = this.nodes): void {
    const contacts = new Map<Pubkey, NodeContact>();
    for (const node of this.nodes) {
      if (node.replicaPort === 0) continue;
      contacts.set(node.pubkey, {
        ip: "127.0.0.1",
        httpsPort: 22021,
        peerPort: 22020,
        replicaPort: node.replicaPort,
        certificate: node.certificate,
        version: [0, 1, 0],
        provenMs: 1,
      });
    }
    const registered = this.nodes.map((node) => node.pubkey);
    for (const node of only) node.view.set({ registered, map: this.#map, previousMap: this.#previous, contacts });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    if (this.#ownsPostgres) await this.postgres[Symbol.asyncDispose]();
  }
}
