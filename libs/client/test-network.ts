import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { generateSeed, type NodeKeys, nodeKeysFromSeed, type Pubkey, serverChannelKey, sign } from "@swarmpost/crypto";
import { decodeBase64, encodeBase64 } from "@swarmpost/encoding";
import {
  encodeFinalReply,
  type OfferedNode,
  type OnionLayer,
  parseInner,
  parseOnionRequest,
  type ServerLayer,
  seedAnswerDigest,
  seedSignatureText,
  signSeedAnswer,
} from "@swarmpost/onion";
import { httpsCertificate } from "@swarmpost/rpc";
import {
  type AccountId,
  type MessageHash,
  messageHash,
  namespace,
  nodeSignedDelete,
  nodeSignedExpire,
  nodeSignedRevocation,
} from "@swarmpost/storage-rpc";

// A scripted network for this package's own tests: real HTTPS, real onions, and nodes that do what a test tells them.

/** Status and body, as a node answers. */
export type Scripted = readonly [status: number, body: string | object];

interface Params {
  readonly pubkey: AccountId;
  readonly data: string;
  readonly last_hash?: string;
  readonly wait?: number;
  readonly namespace?: number;
  readonly messages: readonly string[];
  readonly timestamp?: number;
  readonly expiry?: number;
  readonly revoke?: readonly string[];
  readonly unrevoke?: readonly string[];
}

type HttpReply = readonly [status: number, body: Buffer | string];

/** One scripted node: guard, hop, swarm member and seed at once. */
export class TestNode {
  readonly keys: NodeKeys = nodeKeysFromSeed(generateSeed());
  /** Messages it holds, oldest first: hash to account and data. */
  readonly held = new Map<string, Params>();
  /** Takes a request before the node's own behaviour does. */
  script: ((method: string, params: Params) => Scripted | undefined) | undefined;
  /** Answers instead of passing an onion on to the named node. */
  hopScript: ((next: Pubkey) => HttpReply | undefined) | undefined;
  /** Answers seeds' questions instead of the network. */
  seedScript: ((honest: string) => string | undefined) | undefined;
  /** Every method it was asked for as destination. */
  readonly asked: string[] = [];
  /** The swarm that seeds say it is in. */
  swarmId: bigint;
  /** The operator that seeds name. */
  operator = `0x${"ab".repeat(20)}`;
  readonly #server: Server;
  readonly #network: TestNetwork;
  down = false;
  /** Takes what comes in and never answers. */
  silent = false;

  constructor(network: TestNetwork, swarmId: bigint, certificate: { cert: string; key: string }) {
    this.#network = network;
    this.swarmId = swarmId;
    this.#server = createServer(certificate, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        this.#network.wire.push(body);
        const seedAnswer = (): HttpReply => [200, this.#asSeed()];
        const answering = request.url === "/json_rpc" ? Promise.resolve(seedAnswer()) : this.enter(body);
        void answering.then((answer) => answer && response.writeHead(answer[0]).end(answer[1]));
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How seeds name it. */
  get offered(): OfferedNode {
    const { port } = this.#server.address() as AddressInfo;
    const { pubkey, x25519 } = this.keys;
    const { swarmId, operator } = this;
    return { pubkey, x25519: x25519.publicKey, ip: "127.0.0.1", httpsPort: port, swarmId, operator };
  }

  /** Closes its port and answers no hop any more. */
  async stop(): Promise<void> {
    this.down = true;
    this.#network.stores.emit("store"); // Its waits end.
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** An onion that enters here. */
  async enter(body: Buffer): Promise<HttpReply | undefined> {
    return await this.peel(parseOnionRequest(body));
  }

  async peel(layer: OnionLayer): Promise<HttpReply | undefined> {
    if (this.silent) return undefined;
    const { secretKey, publicKey } = this.keys.x25519;
    const key = serverChannelKey(layer.encType, secretKey, publicKey, layer.ephemeralKey);
    const opened = key.open(layer.ciphertext);
    if (opened === undefined) return [400, "Invalid ciphertext"];
    const inner = parseInner(opened);
    if (inner.kind === "node") {
      const scripted = this.hopScript?.(inner.next);
      if (scripted !== undefined) return scripted;
      const next = this.#network.find(inner.next);
      if (next === undefined) return [502, `Next node not found: ${inner.next}`];
      const answer = next.down ? undefined : await next.peel(inner);
      return next.down ? [502, `Next node is currently unreachable: ${inner.next}`] : answer;
    }
    if (inner.kind === "server") return await this.#network.exit(inner);
    const [status, answer] = await this.#answer(JSON.parse(inner.body.toString("utf8")));
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    return [200, encodeFinalReply({ status, body: text }, { json: false, base64: true }, key)];
  }

  async #answer({ method, params }: { method: string; params: Params }): Promise<Scripted> {
    this.asked.push(method);
    const scripted = this.script?.(method, params);
    if (scripted !== undefined) return scripted;
    const t = this.#network.now();
    if (method === "path_build") return [200, { path: "built", hops: 3, t }];
    if (method === "info") return [200, { version: [2, 11, 0], timestamp: t, t }];
    if (method === "store") return this.#network.store(this, params, t);
    if (method === "retrieve") return [200, { messages: await this.#awaited(params), more: false, t }];
    if (method === "delete") return this.#network.remove(this, params, t);
    if (method === "expire") return this.#network.extend(this, params, t);
    if (method.endsWith("revoke_subaccount")) return this.#network.changeTokens(this, params, t);
    return [400, `no method ${method}`];
  }

  /** What is held, or what comes within the request's wait on a network whose nodes know that parameter. */
  async #awaited(params: Params): Promise<object[]> {
    const { knowsWait, stores } = this.#network;
    const end = AbortSignal.timeout(knowsWait ? (params.wait ?? 0) : 0);
    while (this.#after(params).length === 0 && !end.aborted && !this.down) {
      await once(stores, "store", { signal: end }).catch(() => undefined);
    }
    return this.#after(params);
  }

  #after(params: Params): object[] {
    const own = [...this.held].filter(([, message]) => isIn(message, params));
    const from = own.findIndex(([hash]) => hash === params.last_hash) + 1;
    const expiration = this.#network.now() + 60_000;
    return own.slice(from).map(([hash, { data }]) => ({ hash, data, timestamp: 1, expiration }));
  }

  #asSeed(): string {
    const honest = this.#network.seedAnswer(this);
    return this.seedScript?.(honest) ?? honest;
  }
}

/** Nodes in two swarms, on loopback ports of their own. */
export class TestNetwork implements AsyncDisposable {
  nodes: readonly TestNode[] = [];
  /** How far its clock is ahead, ms. */
  aheadMs = 0;
  /** Height of the last final block that its seeds know. */
  height = 1;
  /** Whether its nodes know the `wait` of a retrieve. */
  knowsWait = false;
  /** Tells of each store. */
  readonly stores = new EventEmitter().setMaxListeners(0);
  /** Every body that came over a client's wire, to seeds and guards. */
  readonly wire: Buffer[] = [];
  /** Servers behind the exits by host: what a POST to one answers. */
  readonly servers = new Map<string, (posted: Buffer, target: string) => Promise<HttpReply>>();

  static async start(count: number): Promise<TestNetwork> {
    const network = new TestNetwork();
    const certificate = await httpsCertificate();
    const swarms = [0x1000000000000001n, 0x9000000000000001n] as const;
    network.nodes = Array.from(
      { length: count },
      (_, i) => new TestNode(network, swarms[i % 2 === 0 ? 0 : 1], certificate),
    );
    await Promise.all(network.nodes.map((node) => node.listen()));
    return network;
  }

  now(): number {
    return Date.now() + this.aheadMs;
  }

  find(key: Pubkey): TestNode | undefined {
    return this.nodes.find((node) => node.keys.pubkey === key);
  }

  /** The signed answer of a node as seed, for the given nodes (all that are up by default). */
  seedAnswer(seed: TestNode, offered = this.nodes.filter((node) => !node.down).map((node) => node.offered)): string {
    const [blockHash, mapHash, total] = [Buffer.alloc(32), Buffer.alloc(32), offered.length];
    const statement = { t: Date.now(), height: this.height, blockHash, mapHash, total };
    const signed = signSeedAnswer(seedAnswerDigest(offered), statement, seed.keys);
    const states = offered.map(
      (node) =>
        `{"public_ip":"${node.ip}","storage_port":${node.httpsPort},"pubkey_ed25519":"${node.pubkey}",` +
        `"pubkey_x25519":"${node.x25519.toString("hex")}","swarm_id":${node.swarmId},` +
        `"operator_address":"${node.operator}"}`,
    );
    const swarmpost = seedSignatureText(signed);
    return `{"jsonrpc":"2.0","id":0,"result":{"height":${this.height},"service_node_states":[${states.join()}]},"swarmpost":${swarmpost}}`;
  }

  /** The last hop's POST to a server. */
  async exit({ host, target, plaintext }: ServerLayer): Promise<HttpReply> {
    const server = this.servers.get(host);
    return server === undefined ? [502, "Couldn't resolve host name"] : await server(plaintext, target);
  }

  store(entry: TestNode, params: Params, t: number): Scripted {
    const data = decodeBase64(params.data) ?? Buffer.alloc(0);
    const hash = messageHash(params.pubkey, namespace(params.namespace ?? 0), data);
    const swarm = this.#swarmOf(entry).map((node) => {
      if (node.down) return [node.keys.pubkey, { failed: true, timeout: true }];
      node.held.set(hash, params);
      return [node.keys.pubkey, { hash, signature: signText(node, hash), expiry: t + 60_000 }];
    });
    this.stores.emit("store");
    return [200, { swarm: Object.fromEntries(swarm), hash, t }];
  }

  remove(entry: TestNode, params: Params, t: number): Scripted {
    const swarm = this.#swarmOf(entry).map((node) => {
      const deleted = params.messages.filter((hash) => node.held.delete(hash));
      const text = nodeSignedDelete(params.pubkey, params.messages as never, deleted as never);
      return [node.keys.pubkey, { deleted, signature: signText(node, text) }];
    });
    return [200, { swarm: Object.fromEntries(swarm), t }];
  }

  /** Signs that all messages stay longer; nothing expires here. */
  extend(entry: TestNode, { pubkey, messages, expiry = 0 }: Params, t: number): Scripted {
    const hashes = messages as readonly MessageHash[];
    const text = nodeSignedExpire(pubkey, [expiry], hashes, hashes, new Map());
    const swarm = this.#swarmOf(entry).map((node) => {
      return [
        node.keys.pubkey,
        { updated: messages.toSorted(), expiry, unchanged: {}, signature: signText(node, text) },
      ];
    });
    return [200, { swarm: Object.fromEntries(swarm), t }];
  }

  /** Signs that tokens were taken out of force or put in force again; the double lets everyone in all the same. */
  changeTokens(entry: TestNode, { pubkey, timestamp = 0, revoke, unrevoke }: Params, t: number): Scripted {
    const tokens = (revoke ?? unrevoke ?? []).map((token) => decodeBase64(token) ?? Buffer.alloc(0));
    const text = nodeSignedRevocation(pubkey, timestamp, tokens).toString("latin1");
    const swarm = this.#swarmOf(entry).map((node) => [node.keys.pubkey, { signature: signText(node, text) }]);
    return [200, { swarm: Object.fromEntries(swarm), t }];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  #swarmOf(node: TestNode): TestNode[] {
    return this.nodes.filter((other) => other.swarmId === node.swarmId);
  }
}

function isIn(message: Params, { pubkey, namespace: ns = 0 }: Params): boolean {
  return message.pubkey === pubkey && (message.namespace ?? 0) === ns;
}

function signText(node: TestNode, text: string): string {
  return encodeBase64(sign(Buffer.from(text, "latin1"), node.keys.ed25519.secretKey));
}
