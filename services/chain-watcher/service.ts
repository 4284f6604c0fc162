import { type Bus, openBus } from "@swarmpost/bus";
import { openMigrated } from "@swarmpost/postgres";
import { ChainService } from "@swarmpost/protos";
import { GrpcServer, implement } from "@swarmpost/rpc";
import { type BusConfig, errorFields, readClusterTls, type Runtime } from "@swarmpost/runtime";
import type { ChainWatcherConfig } from "./config.ts";
import { EndpointRing } from "./endpoint-ring.ts";
import { EvmEndpoint } from "./evm-endpoint.ts";
import { Follower } from "./follower.ts";
import { Journal } from "./journal.ts";
import { type ChainWatcherMetrics, chainWatcherMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { publishRegistry } from "./publish-registry.ts";
import { RegistryFeed } from "./registry-feed.ts";
import { registryMessage, type RegistrySnapshot } from "./registry-message.ts";
import { WatchBlocks } from "./watch-blocks.ts";

/** The outside connections that the one-process network replaces. */
export interface ChainWatcherOpen {
  readonly bus: (config: BusConfig) => Promise<Bus>;
}

/** A running chain-watcher. */
export interface ChainWatcher extends AsyncDisposable {
  /** `host:port` of its gRPC. */
  readonly address: string;
}

const realOnes: ChainWatcherOpen = { bus: (config) => openBus(config, "chain-watcher") };

/**
 * Starts a chain-watcher: waits for its database, then serves what it kept at once, whether the chain answers or not.
 * @throws DatabaseError when the schema cannot be brought up to date.
 */
export async function createChainWatcher(
  config: ChainWatcherConfig,
  runtime: Runtime,
  open: ChainWatcherOpen = realOnes,
): Promise<ChainWatcher> {
  await using starting = new AsyncDisposableStack();
  const metrics = chainWatcherMetrics(runtime.metrics);

  const connection = { url: config.DATABASE_URL, applicationName: "chain-watcher" };
  const database = starting.use(await openMigrated(connection, { migrations, runtime }));
  const bus = starting.use(await open.bus(config));

  const journal = new Journal(database);
  const feed = new RegistryFeed();
  const follower = makeFollower(config, runtime, metrics, journal, (snapshot) => {
    feed.advance(snapshot);
    publishRegistry(bus, snapshot, metrics.serving);
  });
  await follower.load();
  runtime.health.check("bus", () => (bus.connected ? undefined : "not connected"));
  runtime.health.check("chain", () => follower.problem());

  const server = starting.use(makeServer(config, runtime, feed, new WatchBlocks(journal, feed, metrics.serving)));
  starting.use(feed); // its end ends the open streams, so that the server need not wait for them
  await server.listen();

  const stop = new AbortController();
  const following = follower.run(AbortSignal.any([runtime.signal, stop.signal]));
  starting.defer(async () => {
    stop.abort();
    await following;
  });
  const running = starting.move();
  return { address: server.address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function makeFollower(
  config: ChainWatcherConfig,
  runtime: Runtime,
  metrics: ChainWatcherMetrics,
  journal: Journal,
  onRegistry: (snapshot: RegistrySnapshot) => void,
): Follower {
  const contract = config.CHAIN_CONTRACT;
  const timeoutMs = config.CHAIN_RPC_TIMEOUT_MS;
  const ring = config.CHAIN_RPC_URLS.map((url) => new EvmEndpoint({ url, contract, timeoutMs }));
  const endpoints = new EndpointRing(ring, metrics.chain);
  const options = {
    contract,
    pollMs: config.CHAIN_POLL_MS,
    rangeBlocks: config.CHAIN_LOG_RANGE_BLOCKS,
    staleMs: config.CHAIN_STALE_MS,
  };
  return new Follower(options, { ...runtime, metrics, journal, endpoints, onRegistry });
}

function makeServer(
  config: ChainWatcherConfig,
  { logger }: Runtime,
  feed: RegistryFeed,
  watchBlocks: WatchBlocks,
): GrpcServer {
  const onError = (method: string, error: unknown) => logger.error("call_failed", { ...errorFields(error), method });
  const options = { host: config.GRPC_HOST, port: config.GRPC_PORT, tls: readClusterTls(config) };
  const server = new GrpcServer({ ...options, onError });
  implement(server, ChainService, {
    getRegistry: async () => ({ registry: registryMessage(feed.current) }),
    watchBlocks: (request, call) => watchBlocks.handle(request, call),
  });
  return server;
}
