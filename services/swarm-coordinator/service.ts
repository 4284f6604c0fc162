import { type Bus, openBus } from "@swarmpost/bus";
import { openMigrated } from "@swarmpost/postgres";
import { ChainService, SwarmService } from "@swarmpost/protos";
import { createClient, GrpcServer, implement, openChannel } from "@swarmpost/rpc";
import { type BusConfig, errorFields, readClusterTls, type Runtime } from "@swarmpost/runtime";
import type { SwarmState } from "@swarmpost/swarm";
import { budgetsFromConfig } from "./budgets-from-config.ts";
import { ChainFollower } from "./chain-follower.ts";
import { ChainMap } from "./chain-map.ts";
import type { SwarmCoordinatorConfig } from "./config.ts";
import { getMap } from "./get-map.ts";
import { MapBroadcast } from "./map-broadcast.ts";
import { MapSaver } from "./map-saver.ts";
import { MapStore } from "./map-store.ts";
import { type CoordinatorMetrics, coordinatorMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { watchMap } from "./watch-map.ts";

/** Outside connections, which the one-process network replaces. */
export interface SwarmCoordinatorOpen {
  readonly bus: (config: BusConfig) => Promise<Bus>;
}

/** The running service. */
export interface SwarmCoordinator extends AsyncDisposable {
  /** Where it serves gRPC, as host:port. */
  readonly address: string;
}

const realOnes: SwarmCoordinatorOpen = { bus: (config) => openBus(config, "swarm-coordinator") };

/** What the parts of the service share. */
interface Parts {
  readonly runtime: Runtime;
  readonly metrics: CoordinatorMetrics;
  readonly map: ChainMap;
  readonly saver: MapSaver;
  readonly broadcast: MapBroadcast;
  /** Told of each map in force: labels and budgets in Kubernetes follow it. */
  readonly keepBudgets: (map: SwarmState) => void;
}

/**
 * Starts swarm-coordinator: follows the blocks of chain-watcher, keeps the swarm map they make and gives it to the
 * cluster. The last map stays served when the chain falls silent or contradicts it.
 * @throws DatabaseError when its schema cannot be brought up to date, CoordinatorError "bad-state" when its content is unreadable.
 */
export async function createSwarmCoordinator(
  config: SwarmCoordinatorConfig,
  runtime: Runtime,
  open: SwarmCoordinatorOpen = realOnes,
): Promise<SwarmCoordinator> {
  await using stack = new AsyncDisposableStack();
  const metrics = coordinatorMetrics(runtime.metrics);

  const connection = { url: config.DATABASE_URL, applicationName: "swarm-coordinator" };
  const database = stack.use(await openMigrated(connection, { migrations, runtime }));
  const store = new MapStore(database);
  const stored = await store.load();
  const map = new ChainMap(stored);
  const saver = stack.use(new MapSaver({ store, logger: runtime.logger, metrics }));

  const bus = stack.use(await open.bus(config));
  const keepBudgets = await budgetsFromConfig(config, { logger: runtime.logger, metrics }, stack);
  const parts: Parts = { runtime, metrics, map, saver, broadcast: new MapBroadcast({ bus }), keepBudgets };
  if (stored) inForce(parts);

  const server = await serve(config, parts, stack);
  const follower = stack.use(follow(config, parts, stack));
  stack.use(await bus.subscribe("swarmpost.chain.registry", () => follower.wake()));

  runtime.health.check("database", () => saver.reason());
  runtime.health.check("bus", () => (bus.connected ? undefined : "not connected"));
  runtime.health.check("chain", () => follower.reason());
  const opened = stack.move();
  return { address: server.address, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function serve(
  config: SwarmCoordinatorConfig,
  { runtime, broadcast }: Parts,
  stack: AsyncDisposableStack,
): Promise<GrpcServer> {
  const onError = (method: string, error: unknown): void =>
    runtime.logger.error("handler_failed", { method, ...errorFields(error) });
  const options = { host: config.GRPC_HOST, port: config.GRPC_PORT, tls: readClusterTls(config) };
  const server = stack.use(new GrpcServer({ ...options, onError }));
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  implement(server, SwarmService, { getMap: getMap(broadcast), watchMap: watchMap(broadcast, stop.signal) });
  await server.listen();
  return server;
}

/** Until the first whole map is known none is given out: a map half made from genesis would move everybody's messages. */
function follow(config: SwarmCoordinatorConfig, parts: Parts, stack: AsyncDisposableStack): ChainFollower {
  const { runtime, metrics, map, broadcast } = parts;
  const onProgress = (changed: boolean): void => {
    const firstWhole = !broadcast.current && map.upToDate;
    if (firstWhole || (changed && broadcast.current)) inForce(parts);
  };
  const tls = readClusterTls(config);
  const client = createClient(ChainService, stack.use(openChannel(config.CHAIN_WATCHER, { tls })));
  return new ChainFollower({ client, map, logger: runtime.logger, metrics, onProgress });
}

function inForce({ map, metrics, broadcast, saver, keepBudgets }: Parts): void {
  const { current } = map.history;
  metrics.map.height.set(Number(current.height));
  metrics.map.swarms.set(current.swarms.size);
  const sizes = [...current.swarms.values()].map(({ members }) => members.length);
  metrics.map.nodes.set(sizes.reduce((sum, size) => sum + size, 0));
  metrics.map.smallest.set(sizes.length === 0 ? 0 : Math.min(...sizes));
  broadcast.announce(map.history);
  if (map.stored) saver.save(map.stored);
  keepBudgets(current);
}
