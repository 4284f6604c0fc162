import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Network, startNetwork } from "@swarmpost/localnet";
import { askChild } from "./ask-child.ts";
import { storeCrypto } from "./bare-crypto.ts";
import type { LoadOrder, LoadResult } from "./load-client.ts";
import { type BenchOptions, type ServiceOptions, serviceEnvironment } from "./options.ts";
import { type CpuUse, cpuBetween, descendantsCpu } from "./process-cpu.ts";
import { Rounds, type Section } from "./report.ts";
import { quantile } from "./statistics.ts";

const NODES = 7;
const CLIENTS = 16;
const DEPTH = 256;
const ROUND_MS = 7_000;
const ROUNDS = 4;
const IDLE_MS = 2_000;
/** What stores run through. The control plane and the clients are not among them. */
const NODE_PARTS = ["relay", "storage", "postgres", "redis-server"] as const;
const unlimited = "1000000";

type Name =
  | "perSecond"
  | "server"
  | "relay"
  | "storage"
  | "postgres"
  | "redis"
  | "control"
  | "client"
  | "crypto"
  | "p50"
  | "p99";

/** Question 4: whole stores over three hops, with the CPU of all servers. */
export async function measureNetwork({ rounds, scale, services }: BenchOptions): Promise<Section> {
  await using network = await start(services);
  const load = fork(join(import.meta.dirname, "load-client.ts"));
  try {
    const order = { network: network.networkFile, clients: CLIENTS, depth: DEPTH, forMs: ROUND_MS * scale };
    await askChild<LoadResult>(load, { ...order, forMs: 2 * order.forMs }); // Until code is compiled, paths are built and links are open.
    const before = descendantsCpu();
    await pause(IDLE_MS);
    const idle = cpuBetween(before, descendantsCpu(), serverParts(before)) / (IDLE_MS / 1_000);
    const results = new Rounds<Name>();
    for (let round = 0; round < Math.min(rounds, ROUNDS); round++) results.add(await measureRound(load, order));
    return section(results, idle);
  } finally {
    load.disconnect();
  }
}

function start(services: ServiceOptions): Promise<Network> {
  const clients = { RATE_CLIENT_BURST: unlimited, RATE_CLIENT_PER_SECOND: unlimited };
  const nodes = { RATE_NODE_BURST: unlimited, RATE_NODE_PER_SECOND: unlimited };
  const settings = {
    relay: serviceEnvironment("relay", { ...clients, ...nodes }, services),
    storage: serviceEnvironment("storage", {}, services),
  };
  return startNetwork({ nodes: NODES, processes: true, durable: true, settings });
}

async function measureRound(load: ChildProcess, order: LoadOrder): Promise<Record<Name, number>> {
  const crypto = await storeCrypto(NODES);
  const before = descendantsCpu();
  const result = await askChild<LoadResult>(load, order);
  const after = descendantsCpu();
  if (result.failures.length * 100 > result.stored) throw new TypeError(`stores fail: ${result.failures[0]}`);
  const per = (parts: readonly string[]) => cpuBetween(before, after, parts) / result.stored;
  const control = serverParts(after).filter((part) => !(NODE_PARTS as readonly string[]).includes(part));
  return {
    perSecond: result.stored / result.seconds,
    server: per(NODE_PARTS),
    relay: per(["relay"]),
    storage: per(["storage"]),
    postgres: per(["postgres"]),
    redis: per(["redis-server"]),
    control: per(control),
    client: result.cpuUs / result.stored,
    crypto,
    p50: quantile(result.latenciesMs, 0.5),
    p99: quantile(result.latenciesMs, 0.99),
  };
}

/** Everything but the clients and the shells that guard the servers. */
function serverParts(use: CpuUse): string[] {
  return [...use.keys()].filter((part) => !["node", "MainThread", "sh", "cat"].includes(part));
}

function section(results: Rounds<Name>, idle: number): Section {
  const cpu = (name: Name, label: string) => results.figure(name, "µs CPU", label);
  return {
    title: `4  Whole stores over three hops into a swarm of ${NODES}`,
    ratios: [results.ratio("server", "crypto", "server CPU of a store : the crypto that no store can do without")],
    figures: [
      results.figure("perSecond", "/s", "acknowledged stores, clients on the same machine"),
      cpu("server", `server CPU of a store, summed over all ${NODES} nodes: relays, storages, Postgres, Redis`),
      cpu("relay", "of it the relays (three hops and the destination's)"),
      cpu("storage", "of it the storages"),
      cpu("postgres", "of it Postgres"),
      cpu("redis", "of it Redis"),
      cpu("crypto", `bare crypto: four layers, one sealed answer, ${NODES} signatures`),
      cpu("control", "besides: NATS, chain and control services, a store"),
      cpu("client", "besides: the client that sends it"),
      results.figure("p50", "ms", "from send to receipt, median"),
      results.figure("p99", "ms", "from send to receipt, 99 of 100"),
    ],
    counted: [
      "A process for each relay and storage, real NATS and Redis, one Postgres server that writes through to the disk, a chain; uptime proofs and probes go on meanwhile.",
      `${CLIENTS} clients of @swarmpost/client in a process of their own, ${DEPTH} messages of about 1 KiB under way; each receipt has the signatures of a majority, checked by the client.`,
      `Without load all servers together take ${Math.round(idle / 1_000)} ms of CPU a second; that is part of the numbers above.`,
    ],
  };
}
