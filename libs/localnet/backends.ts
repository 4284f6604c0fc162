import { startNats, startRedis } from "@swarmpost/testkit";
import { type Databases, givenDatabases, ownDatabases } from "./databases.ts";
import { LocalChain } from "./local-chain.ts";
import { LocalnetError } from "./localnet-error.ts";
import type { NetworkOptions } from "./options.ts";

/** Stands where a URL is required but the service is given a bus or cache in memory instead. */
const inMemory = { natsUrl: "nats://in-memory.invalid", redisUrl: "redis://in-memory.invalid" };

/** The servers that a network stands on. */
export interface Backends extends AsyncDisposable {
  readonly chain: LocalChain;
  readonly databases: Databases;
  /** Bus and cache of each cluster. */
  readonly clusters: readonly { readonly natsUrl: string; readonly redisUrl: string }[];
}

/** Starts Postgres, the chain and, with processes, a NATS and a Redis for each cluster; or takes given ones. */
export async function startBackends(options: NetworkOptions): Promise<Backends> {
  await using stack = new AsyncDisposableStack();
  const clusters = options.clusters ?? 1;
  if (options.natsUrl !== undefined && clusters > 1) {
    throw new LocalnetError("options", "one given NATS server can't serve two clusters: each has a bus of its own");
  }
  const connections = 60 + 8 * options.nodes + 30 * clusters;
  const starting = await Promise.allSettled([
    options.postgresUrl === undefined
      ? ownDatabases({ durable: options.durable ?? false, connections })
      : givenDatabases(options.postgresUrl),
    LocalChain.start(options.chainUrl),
  ]);
  for (const started of starting) if (started.status === "fulfilled") stack.use(started.value);
  const failed = starting.find((started) => started.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  const [databases, chain] = starting.map((started) => (started as PromiseFulfilledResult<unknown>).value) as [
    Databases,
    LocalChain,
  ];
  const buses = [];
  for (let index = 0; index < clusters; index++) buses.push(await busAndCache(options, stack));
  const parts = stack.move();
  return { chain, databases, clusters: buses, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

async function busAndCache(
  options: NetworkOptions,
  stack: AsyncDisposableStack,
): Promise<{ natsUrl: string; redisUrl: string }> {
  if (options.processes !== true) {
    if (options.natsUrl === undefined && options.redisUrl === undefined) return inMemory;
    throw new LocalnetError("options", "a given NATS or Redis server needs --processes");
  }
  const natsUrl = options.natsUrl ?? stack.use(await startNats()).url;
  const redisUrl = options.redisUrl ?? stack.use(await startRedis()).url;
  return { natsUrl, redisUrl };
}
