import { generateSeed, type NodeKeys, nodeKeysFromSeed, type Pubkey } from "@swarmpost/crypto";
import { type Link, nodeCertificate, openLocalLink } from "@swarmpost/rpc";
import { type Clock, createRuntime, parseConfig, type Runtime, silentLogger } from "@swarmpost/runtime";
import { storageConfig } from "../config.ts";
import { createStorage, type StorageService } from "../service.ts";
import { SettableView } from "./settable-view.ts";

/** An answer of the local link. */
export interface RpcAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  readonly body: any;
}

/** A storage under test: its service can be stopped and started again, its keys and its database stay. */
export class TestNode implements AsyncDisposable {
  readonly keys: NodeKeys = nodeKeysFromSeed(generateSeed());
  readonly view = new SettableView();
  readonly clock: { offsetMs: number } & Clock = {
    offsetMs: 0,
    now() {
      return Date.now() + this.offsetMs;
    },
  };
  /** Keys that this node's replica port turns away. */
  readonly cut = new Set<Pubkey>();
  databaseUrl: string;
  certificate = Buffer.alloc(0);
  replicaPort = 0;
  runtime: Runtime | undefined;
  /** What ended the process, had it been one. */
  failure: unknown;
  #service: StorageService | undefined;
  #link: Link | undefined;
  readonly #settings: Record<string, string>;

  constructor(databaseUrl: string, settings: Record<string, string> = {}) {
    this.databaseUrl = databaseUrl;
    this.#settings = settings;
  }

  get pubkey(): Pubkey {
    return this.keys.pubkey;
  }

  get running(): boolean {
    return this.#service !== undefined;
  }

  get service(): StorageService {
    if (this.#service === undefined) throw new Error("the node is stopped");
    return this.#service;
  }

  async start(): Promise<void> {
    if (this.certificate.length === 0) this.certificate = Buffer.from(await nodeCertificate(this.keys));
    const config = parseConfig(storageConfig, {
      NODE_SEED: this.keys.ed25519.seed.toString("hex"),
      DATABASE_URL: this.databaseUrl,
      HOST: "127.0.0.1",
      REPLICA_PORT: String(this.replicaPort),
      LOCAL_PORT: "0",
      RETRY_MS: "100",
      STRAGGLER_MS: "300",
      MEMBER_TIMEOUT_MS: "2000",
      DATABASE_CONNECTIONS: "2",
      DATABASE_LOCK_WAIT_MS: "500",
      ...this.#settings,
    });
    this.failure = undefined;
    const fail = (error: unknown) => {
      this.failure = error;
    };
    this.runtime = createRuntime("storage", { logger: silentLogger, clock: this.clock, fail });
    const open = { view: async () => this.view, admit: (peer: Pubkey) => !this.cut.has(peer) };
    this.#service = await createStorage(config, this.runtime, open);
    this.replicaPort = Number(this.#service.replicaAddress.split(":").at(-1));
    this.#link = openLocalLink(this.#service.localAddress);
  }

  async stop(): Promise<void> {
    const [service, link] = [this.#service, this.#link];
    this.#service = undefined;
    this.#link = undefined;
    await service?.[Symbol.asyncDispose]();
    await link?.[Symbol.asyncDispose]();
  }

  /** Sends a raw request text over the local link, as the relay does. */
  async raw(json: string): Promise<RpcAnswer> {
    if (this.#link === undefined) throw new Error("the node is stopped");
    const answer = await this.#link.request(1, Buffer.concat([Buffer.of(0), Buffer.from(json)]), {
      deadlineMs: 15_000,
    });
    const text = answer.subarray(3).toString("utf8");
    return { status: answer.readUInt16LE(), body: answer.readUInt8(2) === 1 ? JSON.parse(text) : text };
  }

  rpc(method: string, params: object): Promise<RpcAnswer> {
    return this.raw(JSON.stringify({ method, params }));
  }

  /** What the relay is told about readiness; empty when ready. */
  async readiness(): Promise<string> {
    if (this.#link === undefined) throw new Error("the node is stopped");
    return (await this.#link.request(2, Buffer.alloc(0), { deadlineMs: 5_000 })).toString("utf8");
  }

  /** Why this node is not ready, as a rolling update sees it; empty when it is. */
  get unready(): string[] {
    return this.runtime?.health.reasons() ?? ["stopped"];
  }

  /** How many messages this node's database holds that have not expired. */
  async count(): Promise<number> {
    const { rows } = await this.service.node.data.database.query<{ count: bigint }>({
      text: "select count(*) as count from message where expiry_ms > $1",
      values: [this.clock.now()],
    });
    return Number(rows[0]?.count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
