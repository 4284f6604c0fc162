import { type Bus, connectNats } from "@swarmpost/bus";
import { ChainService, type Registry } from "@swarmpost/protos";
import { type Client, createClient, openChannel } from "@swarmpost/rpc";
import { createRuntime, parseConfig, type Runtime, silentLogger } from "@swarmpost/runtime";
import { developmentKey, type NodeRegistered, registerNodes } from "@swarmpost/staking";
import { someNodes, type TestChain } from "@swarmpost/staking/test-chain.ts";
import { eventually, type NatsServer, type PostgresServer, startStores } from "@swarmpost/testkit";
import { chainWatcherConfig } from "../config.ts";
import { createChainWatcher } from "../service.ts";

/** A running watcher and its caller's end. */
export interface TestWatcher extends AsyncDisposable {
  readonly client: Client<typeof ChainService>;
  readonly runtime: Runtime;
  registry(): Promise<Registry>;
  /** Waits until the registry is at this height or past it. */
  reaches(height: bigint): Promise<Registry>;
  /** Waits until the registry has this many nodes. */
  nodes(count: number): Promise<Registry>;
  /** Waits until the health of the chain says something that matches. */
  problem(pattern: RegExp): Promise<void>;
  /** The value of a metric line, by its name with labels. */
  metric(name: string): Promise<number>;
}

/** Real servers for all tests of a file. */
export interface Servers extends AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  readonly bus: Bus;
  /** An empty database. */
  database(): Promise<string>;
  /** Starts a watcher over a database; settings override the quick ones of a test. */
  watcher(chain: TestChain, databaseUrl: string, settings?: Record<string, string>): Promise<TestWatcher>;
}

export async function startServers(): Promise<Servers> {
  await using starting = new AsyncDisposableStack();
  const { postgres, nats, emptyDatabase } = starting.use(await startStores());
  const bus = starting.use(await connectNats({ url: nats.url, name: "test" }));
  const running = starting.move();
  return {
    postgres,
    nats,
    bus,
    database: emptyDatabase,
    watcher: (chain, databaseUrl, settings = {}) =>
      startWatcher({
        DATABASE_URL: databaseUrl,
        BUS_URL: nats.url,
        CHAIN_RPC_URLS: chain.anvil.url,
        CHAIN_CONTRACT: chain.target.contract,
        CHAIN_POLL_MS: "50",
        ...settings,
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Registers fresh nodes by a development account; mints what it needs. */
export async function registerFresh(chain: TestChain, count: number, operator = 1): Promise<NodeRegistered[]> {
  const operatorKey = developmentKey(operator);
  return await registerNodes({ ...chain.target, operatorKey, minterKey: chain.minterKey, nodes: someNodes(count) });
}

async function startWatcher(env: Record<string, string>): Promise<TestWatcher> {
  await using starting = new AsyncDisposableStack();
  const runtime = createRuntime("chain-watcher", { logger: silentLogger });
  const service = starting.use(await createChainWatcher(parseConfig(chainWatcherConfig, env), runtime));
  const client = createClient(ChainService, starting.use(openChannel(service.address)));
  const running = starting.move();
  const registry = async (): Promise<Registry> => {
    const answer = await client.getRegistry({});
    if (answer.registry === undefined) throw new Error("an answer without a registry");
    return answer.registry;
  };
  return {
    client,
    runtime,
    registry,
    reaches: (height) =>
      eventually(async () => {
        const found = await registry();
        return found.height >= height && found;
      }),
    nodes: (count) =>
      eventually(async () => {
        const found = await registry();
        return found.nodes.length === count && found;
      }),
    problem: (pattern) =>
      eventually(() => {
        const reasons = runtime.health.reasons().join("; ");
        if (!pattern.test(reasons)) throw new Error(`health: ${reasons}`);
      }),
    async metric(name) {
      const line = (await runtime.metrics.render()).split("\n").find((each) => each.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
