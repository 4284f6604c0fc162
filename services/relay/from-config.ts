import { promises as dns } from "node:dns";
import { type Cache, MemoryCacheStore } from "@swarmpost/cache";
import type { NodeKeys, Pubkey } from "@swarmpost/crypto";
import type { NetworkView } from "@swarmpost/network-view";
import type { PeerLinks } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { ClientWork } from "./client-work.ts";
import type { RelayConfig } from "./config.ts";
import type { GuardOptions } from "./doppelganger-guard.ts";
import type { EdgeOptions } from "./edge-server.ts";
import { ExitClient } from "./exit-client.ts";
import { judgedLookup } from "./exit-lookup.ts";
import { ExitPolicy } from "./exit-policy.ts";
import { exitResolver, RESOLVER_OPTIONS } from "./exit-resolver.ts";
import { ExitWork } from "./exit-work.ts";
import { FinalDestination } from "./final-destination.ts";
import type { LayerOutcome, RelayMetrics } from "./metrics.ts";
import { NextHop } from "./next-hop.ts";
import { OnionRelay } from "./onion-relay.ts";
import { RateLimiter } from "./rate-limit.ts";
import { ReplayFilter } from "./replay-filter.ts";
import { SERVER_NAME } from "./respond.ts";
import type { StorageRpc } from "./storage-rpc.ts";
import { WorkLimit } from "./work-limit.ts";

/** Nodes with a bucket at once; a network has fewer. */
const MAX_NODE_BUCKETS = 10_000;

/** What peeling onions needs. */
export interface OnionCollaborators {
  readonly keys: NodeKeys;
  readonly cache: Cache;
  readonly storage: StorageRpc;
  readonly links: PeerLinks;
  readonly view: () => NetworkView;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly exits: ExitWork;
  /** Takes what must be disposed. */
  readonly stack: AsyncDisposableStack;
}

/** Makes the onion relay with all that a layer can ask for. @throws RelayError `bad-config` for settings of exits that can't be read. */
export function makeOnionRelay(config: RelayConfig, parts: OnionCollaborators): OnionRelay {
  const { keys, cache, metrics, stack, exits } = parts;
  const count = (outcome: LayerOutcome): void => metrics.layers.inc({ outcome });
  const { EXIT_HOSTS: hosts, EXIT_ALIASES: aliases, EXIT_DENIED_RANGES: deniedRanges } = config;
  const policy = new ExitPolicy({ hosts, aliases, deniedRanges });
  const resolver = new dns.Resolver(RESOLVER_OPTIONS);
  const lookup = judgedLookup((address) => policy.allowsAddress(address), exitResolver(resolver));
  const exitOptions = { timeoutMs: config.EXIT_TIMEOUT_MS, userAgent: SERVER_NAME };
  return new OnionRelay(
    { keys },
    {
      replay: new ReplayFilter({ keys, windowMs: config.REPLAY_WINDOW_MS }, cache),
      final: new FinalDestination({ ...parts, count }),
      hop: new NextHop({ timeoutMs: config.HOP_TIMEOUT_MS }, parts),
      exit: stack.use(new ExitClient(exitOptions, { policy, lookup, metrics, work: exits })),
      count,
      seconds: metrics.layerSeconds,
    },
  );
}

/** What is under way, counted apart for each kind of caller: a flood of one must not stop the others. */
export interface RelayWork {
  readonly clients: ClientWork;
  readonly peers: WorkLimit;
  readonly exits: ExitWork;
}

/** Makes the counters of work under way. */
export function makeWork(config: RelayConfig): RelayWork {
  return {
    clients: new ClientWork({
      maxRequests: config.MAX_REQUESTS,
      maxBytes: config.MAX_BUFFERED_BYTES,
      maxUnfinished: config.MAX_UNFINISHED_BODIES,
    }),
    peers: new WorkLimit({ maxRequests: config.MAX_PEER_REQUESTS, maxBytes: config.MAX_PEER_BUFFERED_BYTES }),
    exits: new ExitWork({
      maxRequests: config.MAX_EXITS,
      maxPerHost: config.MAX_EXITS_PER_HOST,
      maxBytes: config.MAX_EXIT_BUFFERED_BYTES,
    }),
  };
}

/** Where the edge listens and how patient it is; its certificate is not among it. */
export function edgeOptionsOf(config: RelayConfig): Omit<EdgeOptions, "tls"> {
  return {
    host: config.HOST,
    port: config.HTTPS_PORT,
    bodyTimeoutMs: config.BODY_TIMEOUT_MS,
    answerTimeoutMs: config.ANSWER_TIMEOUT_MS,
    maxConnections: config.MAX_CONNECTIONS,
  };
}

/** How another process with this node's key is looked for. */
export function guardOptions(config: RelayConfig, self: Pubkey): GuardOptions {
  return { self, waitMs: config.DOPPELGANGER_WAIT_MS, checkMs: config.DOPPELGANGER_CHECK_MS };
}

/** Makes the rate limiter: buckets of clients in the shared cache, of nodes in this process. */
export function makeLimiter(config: RelayConfig, parts: { keys: NodeKeys; clients: Cache }): RateLimiter {
  const nodes = new MemoryCacheStore({ maxEntries: MAX_NODE_BUCKETS }).connect();
  const limits = {
    client: { capacity: config.RATE_CLIENT_BURST, refillPerSecond: config.RATE_CLIENT_PER_SECOND },
    seed: { capacity: config.RATE_SEED_BURST, refillPerSecond: config.RATE_SEED_PER_SECOND },
    node: { capacity: config.RATE_NODE_BURST, refillPerSecond: config.RATE_NODE_PER_SECOND },
  };
  return new RateLimiter(limits, { ...parts, nodes });
}

/** Ports as the node publishes them: those of the settings, else as they are bound. */
export function publicPorts(
  config: RelayConfig,
  bound: { readonly httpsPort: number; readonly peerPort: number },
): { httpsPort: number; peerPort: number; replicaPort: number } {
  return {
    httpsPort: config.PUBLIC_HTTPS_PORT || bound.httpsPort,
    peerPort: config.PUBLIC_PEER_PORT || bound.peerPort,
    replicaPort: config.PUBLIC_REPLICA_PORT || config.REPLICA_PORT,
  };
}
