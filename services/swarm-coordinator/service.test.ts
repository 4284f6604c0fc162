import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Bus, connectNats } from "@swarmpost/bus";
import { type SwarmMap, SwarmMapChangedSchema, SwarmMapSchema, SwarmService } from "@swarmpost/protos";
import { type Client, createClient, openChannel, RpcError } from "@swarmpost/rpc";
import { createRuntime, parseConfig, type Runtime, silentLogger } from "@swarmpost/runtime";
import { applyBlock, emptySwarmState, mapHash } from "@swarmpost/swarm";
import { eventually, startStores, type TestStores } from "@swarmpost/testkit";
import { swarmCoordinatorConfig } from "./config.ts";
import { createSwarmCoordinator, type SwarmCoordinator } from "./service.ts";
import { serveChain, TestChain, testNodes } from "./test-chain-server.ts";

let stores: TestStores;
before(async () => void (stores = await startStores()));
after(async () => await stores?.[Symbol.asyncDispose]());

interface Running extends AsyncDisposable {
  readonly service: SwarmCoordinator;
  readonly runtime: Runtime;
  readonly client: Client<typeof SwarmService>;
}

async function start(chainAddress: string, databaseUrl: string): Promise<Running> {
  await using stack = new AsyncDisposableStack();
  const runtime = createRuntime("swarm-coordinator", { logger: silentLogger });
  const config = parseConfig(swarmCoordinatorConfig, {
    BUS_URL: stores.nats.url,
    DATABASE_URL: databaseUrl,
    CHAIN_WATCHER: chainAddress,
  });
  const service = stack.use(await createSwarmCoordinator(config, runtime));
  const client = createClient(SwarmService, stack.use(openChannel(service.address)));
  const parts = stack.move();
  return { service, runtime, client, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

async function mapAt(running: Running, height: bigint): Promise<SwarmMap> {
  return await eventually(async () => {
    const { map } = await running.client.getMap({});
    assert.equal(map?.height, height);
    return map;
  });
}

const bytes = (map: SwarmMap): Buffer => Buffer.from(toBinary(SwarmMapSchema, map));

test("the map of a chain is served with the hash that the rules give it", async () => {
  const chain = new TestChain();
  chain.add(testNodes(14));
  await using server = await serveChain(chain);
  await using running = await start(server.address, await stores.emptyDatabase());
  const map = await mapAt(running, 1n);
  const expected = applyBlock(emptySwarmState, {
    height: 1n,
    hash: (chain.blocks[0] as { hash: Uint8Array }).hash,
    joined: testNodes(14),
    left: [],
  });
  assert.deepEqual(Buffer.from(map.hash), mapHash(expected));
  assert.equal(map.swarms.length, 2);
  assert.deepEqual(running.runtime.health.reasons(), []);
});

test("a change of the chain reaches a watcher and the bus with the map before it", async () => {
  const chain = new TestChain();
  chain.add(testNodes(12));
  await using server = await serveChain(chain);
  await using running = await start(server.address, await stores.emptyDatabase());
  await mapAt(running, 1n);
  await using bus: Bus = await connectNats({ url: stores.nats.url, name: "test" });
  const heard: [bigint | undefined, boolean][] = [];
  await using _ = await bus.subscribe("swarmpost.swarm.map", (payload) => {
    const { map, previous } = fromBinary(SwarmMapChangedSchema, payload);
    heard.push([map?.height, Buffer.compare(map?.previousHash ?? Buffer.of(0), previous?.hash ?? Buffer.of(1)) === 0]);
  });
  const watched = running.client.watchMap({});
  assert.equal((await watched.next()).value?.map?.height, 1n);
  chain.add(testNodes(2, 12), testNodes(1));
  const { value } = await watched.next();
  assert.deepEqual([value?.map?.height, value?.previous?.height], [2n, 1n]);
  await eventually(() => assert.deepEqual(heard, [[2n, true]]));
  await watched.return();
});

test("genesis, a restart half-way and a chain seen live end in the same bytes", async () => {
  const chain = new TestChain();
  chain.add(testNodes(20));
  await using server = await serveChain(chain);
  const url = await stores.emptyDatabase();
  await using live = await start(server.address, await stores.emptyDatabase());
  {
    await using first = await start(server.address, url);
    await mapAt(first, 1n);
    chain.add(testNodes(15, 20), testNodes(3));
    await mapAt(first, 2n);
  }
  chain.add([], testNodes(9, 5));
  chain.add(testNodes(4, 100));
  chain.add();
  await using resumed = await start(server.address, url);
  await using genesis = await start(server.address, await stores.emptyDatabase());
  const maps = await Promise.all([live, resumed, genesis].map((running) => mapAt(running, 4n)));
  const [a, b, c] = maps.map(bytes);
  assert.deepEqual(b, a);
  assert.deepEqual(c, a);
});

test("a restart serves the stored map while chain-watcher is down, and goes on when it is back", async () => {
  const chain = new TestChain();
  chain.add(testNodes(12));
  const url = await stores.emptyDatabase();
  let port = 0;
  {
    await using server = await serveChain(chain);
    port = Number(server.address.split(":")[1]);
    await using running = await start(server.address, url);
    await mapAt(running, 1n);
    // The map is in force before it is stored: wait for the store.
    await eventually(async () =>
      assert.match(await running.runtime.metrics.render(), /saves_total\{result="saved"\} [1-9]/),
    );
  }
  await using running = await start(`127.0.0.1:${port}`, url);
  await mapAt(running, 1n);
  assert.deepEqual(running.runtime.health.reasons(), ["chain: no blocks from chain-watcher"]);
  chain.add(testNodes(3, 12));
  await using _ = await serveChain(chain, port);
  await mapAt(running, 2n);
  await eventually(() => assert.deepEqual(running.runtime.health.reasons(), []));
});

test("a chain that contradicts the stored map stops the following, says so and leaves the map in force", async () => {
  const chain = new TestChain("ours");
  chain.add(testNodes(12));
  await using server = await serveChain(chain);
  const url = await stores.emptyDatabase();
  {
    await using running = await start(server.address, url);
    await mapAt(running, 1n);
    await eventually(async () =>
      assert.match(await running.runtime.metrics.render(), /saves_total\{result="saved"\} [1-9]/),
    );
  }
  const other = new TestChain("theirs");
  other.add(testNodes(12));
  other.add(testNodes(5, 12));
  server.chain = other;
  await using running = await start(server.address, url);
  const reason = "chain: the chain has another block 1 than the stored swarm map";
  await eventually(() => assert.deepEqual(running.runtime.health.reasons(), [reason]));
  assert.equal((await running.client.getMap({})).map?.height, 1n);
  assert.match(await running.runtime.metrics.render(), /chain_contradictions_total 1/);
});

test("before the chain was ever read no map is given out", async () => {
  await using running = await start("127.0.0.1:1", await stores.emptyDatabase());
  const refused = (error: unknown): boolean => error instanceof RpcError && error.code === "unavailable";
  await assert.rejects(running.client.getMap({}), refused);
});

test("a database that is away keeps no map from being in force and is caught up with", async () => {
  const chain = new TestChain();
  chain.add(testNodes(12));
  await using server = await serveChain(chain);
  const url = await stores.emptyDatabase();
  {
    await using running = await start(server.address, url);
    await mapAt(running, 1n);
    await stores.postgres.stop();
    try {
      chain.add(testNodes(2, 12));
      await mapAt(running, 2n);
      await eventually(() =>
        assert.deepEqual(running.runtime.health.reasons(), ["database: the map cannot be stored"]),
      );
    } finally {
      await stores.postgres.start();
    }
    await eventually(() => assert.deepEqual(running.runtime.health.reasons(), []));
  }
  await using again = await start("127.0.0.1:1", url);
  await mapAt(again, 2n);
});

test("many nodes over many blocks are followed with every node in one swarm", async () => {
  const chain = new TestChain();
  for (let block = 0; block < 60; block++) chain.add(testNodes(5, block * 5));
  await using server = await serveChain(chain);
  await using running = await start(server.address, await stores.emptyDatabase());
  const { swarms } = await mapAt(running, 60n);
  const members = swarms.flatMap((swarm) => swarm.members.map((member) => Buffer.from(member).toString("hex")));
  assert.deepEqual(members.sort(), testNodes(300).sort());
});
