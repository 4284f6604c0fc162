import { setTimeout as pause } from "node:timers/promises";
import {
  type Account,
  createAccount,
  type NetworkDescription,
  type ServiceNode,
  SwarmpostClient,
} from "@swarmpost/client";
import { sign } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { buildOnion } from "@swarmpost/onion";
import { accountBytes, DEFAULT_NAMESPACE, signedRetrieve } from "@swarmpost/storage-rpc";
import { Agent, request } from "undici";
import { inFlight } from "./in-flight.ts";
import { storeRequest } from "./store-request.ts";

/** What the benchmark asks of the process of readers; the first order is `begin`. */
export type ReadersOrder =
  /** Makes readers; every other one asks through three hops, the rest by plain HTTPS. */
  | { readonly step: "begin"; readonly network: NetworkDescription; readonly readers: number }
  /** Every reader polls once, without waiting. */
  | { readonly step: "poll" }
  /** These readers wait from now on, again and again. */
  | { readonly step: "wait"; readonly from: number; readonly to: number }
  /** Stores a message for every reader, and ends when all have theirs. */
  | { readonly step: "store" }
  /** All connections are closed, whatever goes on. */
  | { readonly step: "leave" };

/** What it answers when a step is done. */
export interface ReadersResult {
  /** From the beginning of a store until its reader has the message, ms, by how the reader asks. */
  readonly onionMs: readonly number[];
  readonly plainMs: readonly number[];
  /** Reasons of what failed since the last answer. */
  readonly failures: readonly string[];
}

const WAIT_MS = 20_000;
const TIMEOUT_MS = 35_000;
const AGAIN_MS = 1_000;
/** Requests under way at once while readers begin, poll and get their messages. */
const DEPTH = 32;
/** Stores under way at once. */
const STORES = 8;

interface Reader {
  readonly account: Account;
  readonly path: readonly [ServiceNode, ServiceNode, ServiceNode] | undefined;
  readonly node: ServiceNode;
  readonly agent: Agent;
  last: string;
  storedAt: number;
  got: (ms: number) => void;
}

/** Readers behind one address, so that the limits of an address are those that people meet. */
const READERS_PER_ADDRESS = 10;

/** Connections of an address of its own on loopback; one that is idle is left before the server leaves it. */
function connectionsFrom(index: number): Agent {
  const localAddress = `127.250.${Math.floor(index / 250)}.${1 + (index % 250)}`;
  return new Agent({
    connect: { rejectUnauthorized: false, timeout: 30_000, localAddress },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 30_000,
  });
}

let agents: readonly Agent[] = [];
let readers: readonly Reader[] = [];
let failures: string[] = [];
let phase: "begun" | "waiting" | "left" = "begun";

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

async function begin(network: NetworkDescription, count: number): Promise<void> {
  await using client = await SwarmpostClient.connect(network);
  agents = Array.from({ length: Math.ceil(count / READERS_PER_ADDRESS) }, (_, index) => connectionsFrom(index));
  readers = Array.from({ length: count }, (_, index) => {
    const agent = agents[Math.floor(index / READERS_PER_ADDRESS)] as Agent;
    const account = createAccount();
    const [node, ...others] = shuffled(client.nodes()) as [ServiceNode, ...ServiceNode[]];
    const path = others.slice(0, 3) as unknown as NonNullable<Reader["path"]>;
    return { account, agent, node, path: index % 2 === 0 ? path : undefined, last: "", storedAt: 0, got: () => {} };
  });
}

function retrieve({ account, last }: Reader, waitMs: number): Buffer {
  const timestamp = Date.now();
  const { id, ed25519 } = account;
  const signature = encodeBase64(sign(Buffer.from(signedRetrieve(DEFAULT_NAMESPACE, timestamp)), ed25519.secretKey));
  const auth = { pubkey_ed25519: ed25519.publicKey.toString("hex"), signature, timestamp };
  const params = { pubkey: id, namespace: 0, last_hash: last, ...auth, ...(waitMs > 0 ? { wait: waitMs } : {}) };
  return Buffer.from(JSON.stringify({ method: "retrieve", params }));
}

async function post(agent: Agent, node: ServiceNode, path: string, body: Buffer): Promise<Buffer> {
  const url = `https://${node.ip}:${node.httpsPort}${path}`;
  const answer = await request(url, {
    method: "POST",
    body,
    dispatcher: agent,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) throw new TypeError(`${answer.statusCode} ${bytes.toString("utf8", 0, 100)}`);
  return bytes;
}

/** One retrieve; the hashes that came. */
async function ask(reader: Reader, waitMs: number): Promise<readonly string[]> {
  const body = retrieve(reader, waitMs);
  const { agent, path, node } = reader;
  let text: string;
  if (path === undefined) text = (await post(agent, node, "/storage_rpc/v1", body)).toString("utf8");
  else {
    const onion = buildOnion({ path, destination: { kind: "snode", ...node } }, body);
    const opened = onion.open(await post(agent, path[0], "/onion_req/v2", onion.body));
    const reply = JSON.parse(opened?.toString("utf8") ?? "{}") as { status?: number; body?: string };
    if (reply.status !== 200) throw new TypeError(`inside: ${reply.status} ${reply.body}`);
    text = String(reply.body);
  }
  return (JSON.parse(text) as { messages: { hash: string }[] }).messages.map(({ hash }) => hash);
}

/** Asks again and again; what comes is the message that was stored last. A refusal is counted, and asked again a little later. */
async function follow(reader: Reader): Promise<void> {
  while (phase === "waiting") {
    try {
      const hash = (await ask(reader, WAIT_MS)).at(-1);
      if (hash === undefined) continue;
      reader.last = hash;
      reader.got(performance.now() - reader.storedAt);
    } catch (error) {
      failed(error);
      await pause(AGAIN_MS);
    }
  }
}

function failed(error: unknown): void {
  if (phase !== "left") failures.push(error instanceof Error ? error.message : String(error));
}

async function store(reader: Reader): Promise<number> {
  const { json } = storeRequest(accountBytes(reader.account.id));
  const { promise, resolve } = Promise.withResolvers<number>();
  reader.got = resolve;
  reader.storedAt = performance.now();
  await post(reader.agent, reader.node, "/storage_rpc/v1", json);
  return promise;
}

async function run(order: ReadersOrder): Promise<Pick<ReadersResult, "onionMs" | "plainMs">> {
  const onionMs: number[] = [];
  const plainMs: number[] = [];
  const all = (task: (reader: Reader) => Promise<unknown>, depth = DEPTH) =>
    inFlight(readers.length, depth, (index) => task(readers[index] as Reader).catch(failed));
  switch (order.step) {
    case "begin":
      await begin(order.network, order.readers);
      break;
    case "poll":
      await all((reader) => ask(reader, 0));
      break;
    case "wait":
      phase = "waiting";
      for (const reader of readers.slice(order.from, order.to)) void follow(reader);
      break;
    case "store":
      await all(async (reader) => (reader.path ? onionMs : plainMs).push(await store(reader)), STORES);
      break;
    case "leave":
      phase = "left";
      await Promise.all(agents.map((agent) => agent.destroy()));
  }
  return { onionMs, plainMs };
}

process.on("message", (order: ReadersOrder) => {
  void run(order).then(
    (result) => {
      process.send?.({ ...result, failures } satisfies ReadersResult);
      failures = [];
    },
    (error: unknown) => {
      process.stderr.write(`readers: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(0));
