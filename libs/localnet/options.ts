import type { Clock, ClusterTls, LogLevel } from "@swarmpost/runtime";

/** What `startNetwork` brings up. */
export interface NetworkOptions {
  /** Service nodes over all clusters, 1 … 200. Twelve are the fewest that make two swarms. */
  readonly nodes: number;
  /** Operators, each with a bus, a cache, a database and control services of its own, on one chain; 1 by default. */
  readonly clusters?: number;
  /** A process for each service, on real NATS and Redis. By default one process runs everything. */
  readonly processes?: boolean;
  /** Use this Postgres server (a URL whose user may create databases) instead of an own one. */
  readonly postgresUrl?: string;
  /** Use this NATS server; only with `processes`, and then for one cluster only. */
  readonly natsUrl?: string;
  /** Use this Redis server; only with `processes`. */
  readonly redisUrl?: string;
  /** Use this EVM chain (JSON-RPC URL with unlocked development accounts) instead of an own anvil. */
  readonly chainUrl?: string;
  /** Lowest level of the services' logs, kept in the network's folder; "info" by default. */
  readonly logLevel?: LogLevel;
  /** Whether Postgres writes through to the disk. Off by default: the data dies with the network. */
  readonly durable?: boolean;
  /** Told what happens, in order, while the network comes up. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the start when aborted. */
  readonly signal?: AbortSignal;
  /**
   * Makes a certificate for these IP addresses, on which the services then speak gRPC with each other, both ways with
   * certificates. Without it they speak plain.
   */
  readonly certify?: (addresses: readonly string[]) => Promise<ClusterTls>;
  /** The time of every service; only without `processes`. The computer's by default. */
  readonly clock?: Clock;
  /** Extra settings for single services, by service name: tests and benchmarks shorten intervals or raise limits. */
  readonly settings?: Partial<Record<ServiceName, Record<string, string>>>;
}

/** The services a network is made of. */
export type ServiceName = "relay" | "storage" | "swarm-coordinator" | "chain-watcher" | "test-suite" | "file-server";

/** One step of a network's start. */
export type Progress =
  | { readonly step: "backends"; readonly detail: string }
  | { readonly step: "chain"; readonly chainId: number; readonly url: string }
  | { readonly step: "contract"; readonly address: string; readonly stake: string }
  | { readonly step: "registered"; readonly nodes: number; readonly height: bigint }
  | { readonly step: "services"; readonly clusters: number }
  | { readonly step: "swarms"; readonly swarms: readonly number[]; readonly hash: string; readonly height: bigint }
  | { readonly step: "proofs"; readonly accepted: number; readonly nodes: number }
  | { readonly step: "ready"; readonly seedUrl: string };
