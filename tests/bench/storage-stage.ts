import { generateSeed, nodeKeysFromSeed } from "@swarmpost/crypto";
import { type Database, openDatabase } from "@swarmpost/postgres";
import { type Link, openLocalLink } from "@swarmpost/rpc";
import { sparePort, startNats, startPostgres } from "@swarmpost/testkit";
import type { ServiceOptions } from "./options.ts";
import { type ServiceProcess, startService } from "./service-process.ts";
import { type ShownNode, StandInSources } from "./stand-in-sources.ts";

/** Ring id of the swarm of one and of the swarm of seven: each keeps half of all accounts. */
export const LONE_SWARM = 0n;
export const FULL_SWARM = 2n ** 63n;
/** A full swarm, as the network aims for (`SwarmParameters.target`). */
export const FULL_SIZE = 7;

/** A storage process and the link that its relay would use. */
export interface StorageUnderTest extends ServiceProcess {
  readonly link: Link;
  readonly databaseUrl: string;
}

/** Storage processes on one Postgres: one that is a swarm by itself, seven that are a swarm together. */
export interface StorageStage extends AsyncDisposable {
  readonly lone: StorageUnderTest;
  readonly full: readonly StorageUnderTest[];
  /** A database on the same server with the same tables and no service. */
  readonly bare: Database;
}

interface Place extends ShownNode {
  readonly seed: Buffer;
  readonly localPort: number;
}

/** Starts Postgres (which writes through to the disk at each commit), NATS and eight storages. */
export async function startStorageStage(options: ServiceOptions): Promise<StorageStage> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres({ fsync: true }));
  const nats = stack.use(await startNats());
  const swarms = [LONE_SWARM, ...Array.from({ length: FULL_SIZE }, () => FULL_SWARM)];
  const places: Place[] = [];
  for (const swarm of swarms) places.push(await newPlace(swarm));
  const sources = stack.use(await StandInSources.open(places));
  const start = async (place: Place, databaseUrl: string): Promise<StorageUnderTest> => {
    const settings = { BUS_URL: nats.url, DATABASE_URL: databaseUrl, ...settingsOf(place, sources.address) };
    const service = await startService("storage", settings, options);
    const link = openLocalLink(`127.0.0.1:${place.localPort}`);
    const stop = async () => {
      await link[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    };
    return { ...service, link, databaseUrl, [Symbol.asyncDispose]: stop };
  };
  // The service itself makes the tables that the raw inserts go into, then leaves.
  const bareUrl = await postgres.createDatabase("bare");
  await (await start(places[0] as Place, bareUrl))[Symbol.asyncDispose]();
  const bare = stack.use(openDatabase({ url: bareUrl, maxConnections: 4, applicationName: "swarmpost-bench" }));
  const storages = await Promise.all(
    places.map(async (place, index) => stack.use(await start(place, await postgres.createDatabase(`node_${index}`)))),
  );
  const [lone, ...full] = storages as [StorageUnderTest, ...StorageUnderTest[]];
  const parts = stack.move();
  return { lone, full, bare, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

async function newPlace(swarm: bigint): Promise<Place> {
  const seed = generateSeed();
  const keys = nodeKeysFromSeed(seed);
  const [replicaPort, localPort, peerPort] = [await sparePort(), await sparePort(), await sparePort()];
  return { seed, keys, swarm, replicaPort, localPort, peerPort };
}

function settingsOf({ seed, replicaPort, localPort }: Place, sources: string): Record<string, string> {
  return {
    NODE_SEED: seed.toString("hex"),
    HOST: "127.0.0.1",
    REPLICA_PORT: String(replicaPort),
    LOCAL_PORT: String(localPort),
    CHAIN_WATCHER: sources,
    COORDINATOR: sources,
    TEST_SUITE: sources,
  };
}
