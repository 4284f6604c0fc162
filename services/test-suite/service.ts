import { type Bus, openBus } from "@swarmpost/bus";
import { type Database, openMigrated } from "@swarmpost/postgres";
import { ChainService, ProofService } from "@swarmpost/protos";
import { createClient, GrpcServer, implement, openChannel } from "@swarmpost/rpc";
import { type BusConfig, type ClusterTls, errorFields, readClusterTls, type Runtime } from "@swarmpost/runtime";
import { Canary } from "./canary.ts";
import { CanaryConnection } from "./canary-connection.ts";
import { CanaryStore } from "./canary-store.ts";
import type { TestSuiteConfig } from "./config.ts";
import { exchangeProofs } from "./exchange-proofs.ts";
import { FreshProofs } from "./fresh-proofs.ts";
import { canaryOptions, proofRules, relayOptions } from "./from-config.ts";
import { testSuiteMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { OwnRelays } from "./own-relays.ts";
import { PeerBudget } from "./peer-budget.ts";
import { ProofBook } from "./proof-book.ts";
import { ProofExchange } from "./proof-exchange.ts";
import { ProofFeed } from "./proof-feed.ts";
import { ProofSaver } from "./proof-saver.ts";
import { ProofSpreader } from "./proof-spreader.ts";
import { ProofStore } from "./proof-store.ts";
import { ProofSweeper } from "./proof-sweeper.ts";
import { RegistryFollower } from "./registry-follower.ts";
import { getProofs, watchProofs } from "./serve-proofs.ts";

/** Outside connections, which the one-process network replaces. */
export interface TestSuiteOpen {
  readonly bus: (config: BusConfig) => Promise<Bus>;
}

/** The running service. */
export interface TestSuite extends AsyncDisposable {
  /** Where it serves gRPC, as host:port. */
  readonly address: string;
}

const realOnes: TestSuiteOpen = { bus: (config) => openBus(config, "test-suite") };

/** Proofs that a peer may have judged in a minute: two whole sets of a large network. */
const BUDGET_PER_MINUTE = 4_096;

/**
 * Starts test-suite: asks the own relays for uptime proofs, exchanges them with other clusters and gives the accepted ones
 * to the cluster. Goes on without relays, peers, chain-watcher or Postgres; readiness says what is missing.
 * @throws DatabaseError when the schema cannot be brought up to date.
 */
export async function createTestSuite(
  config: TestSuiteConfig,
  runtime: Runtime,
  open: TestSuiteOpen = realOnes,
): Promise<TestSuite> {
  await using stack = new AsyncDisposableStack();
  const { clock, logger } = runtime;
  const metrics = testSuiteMetrics(runtime.metrics);
  const databaseOptions = { url: config.DATABASE_URL, applicationName: "test-suite" };
  const database = stack.use(await openMigrated(databaseOptions, { migrations, runtime }));
  const store = new ProofStore(database);
  const bus = stack.use(await open.bus(config));

  const tls = readClusterTls(config);
  const chain = createClient(ChainService, stack.use(openChannel(config.CHAIN_WATCHER, { tls })));
  const registry = new RegistryFollower({ pollMs: config.REGISTRY_POLL_MS }, { client: chain, logger, metrics });
  stack.use(registry);
  stack.use(await bus.subscribe("swarmpost.chain.registry", () => registry.wake()));
  bus.onReconnect(() => registry.wake());

  const book = new ProofBook(proofRules(config), { registry, clock, logger, metrics });
  book.restore(await store.load());
  const saver = stack.use(new ProofSaver({ store, book, logger, metrics }));
  book.onChange((change) => saver.note(change));
  const feed = new ProofFeed({ book, bus });
  const relays = stack.use(new OwnRelays({ ...relayOptions(config), tls }, { book, clock, logger, metrics }));
  registry.onChange(() => relays.wake());
  stack.use(new ProofSweeper({ book, relays, registry, clock, metrics }));

  const fresh = new FreshProofs({ book, relays, clock });
  const exchange = new ProofExchange({ book, fresh, relays, registry, clock });
  const options = { seeds: config.PEER_SEEDS, spreadMs: config.SPREAD_MS, digestMs: config.DIGEST_MS };
  stack.use(new ProofSpreader(options, { book, exchange, relays, clock, logger, metrics }));

  const budget = new PeerBudget({ perMinute: BUDGET_PER_MINUTE }, { clock });
  const answer = exchangeProofs({ exchange, budget, registry, metrics });
  const way = new CanaryConnection({ book, relays, clock });
  const canary = { connection: way, store: new CanaryStore(database), clock, logger, metrics };
  stack.use(new Canary(canaryOptions(config), canary));
  const server = await serve(config, { tls, runtime, book, feed, exchange: answer }, stack);
  watchHealth(runtime, { database, bus, registry, saver });
  const opened = stack.move();
  return { address: server.address, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Streams end before the server waits for calls in flight. */
async function serve(
  config: TestSuiteConfig,
  parts: {
    tls: ClusterTls | undefined;
    runtime: Runtime;
    book: ProofBook;
    feed: ProofFeed;
    exchange: ReturnType<typeof exchangeProofs>;
  },
  stack: AsyncDisposableStack,
): Promise<GrpcServer> {
  const onError = (method: string, error: unknown): void =>
    parts.runtime.logger.error("handler_failed", { method, ...errorFields(error) });
  const server = stack.use(new GrpcServer({ host: config.GRPC_HOST, port: config.GRPC_PORT, tls: parts.tls, onError }));
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  const handlers = { exchange: parts.exchange, getProofs: getProofs(parts.book) };
  implement(server, ProofService, { ...handlers, watchProofs: watchProofs(parts.feed, stop.signal) });
  await server.listen();
  return server;
}

function watchHealth(
  { health }: Runtime,
  parts: { database: Database; bus: Bus; registry: RegistryFollower; saver: ProofSaver },
): void {
  health.check("database", () => (parts.database.healthy() ? parts.saver.reason() : "not reachable"));
  health.check("bus", () => (parts.bus.connected ? undefined : "not connected"));
  health.check("registry", () => parts.registry.reason());
}
