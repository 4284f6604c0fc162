import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate, openDatabase } from "@swarmpost/postgres";
import { type SwarmState, swarmId } from "@swarmpost/swarm";
import { startPostgres } from "@swarmpost/testkit";
import { MapStore, type StoredMaps } from "./map-store.ts";
import { migrations } from "./migrations.ts";
import { testNodes } from "./test-chain-server.ts";

const nodes = testNodes(7).toSorted();

function mapsAt(height: bigint, members = nodes): StoredMaps {
  const swarms = new Map([[swarmId(1n), { members, changedHeight: height }]]);
  const current: SwarmState = { height, blockHash: Buffer.alloc(32, Number(height)), swarms };
  return { chain: { chainId: 31_337n, contract: Buffer.alloc(20, 1) }, history: { current, previous: undefined } };
}

test("a process that fell behind does not overwrite the map that another has stored since", async () => {
  await using postgres = await startPostgres();
  await using database = openDatabase({ url: await postgres.createDatabase("maps") });
  await migrate(database, migrations);
  const [stale, current] = [new MapStore(database), new MapStore(database)];
  assert.equal(await current.load(), undefined);
  await stale.save(mapsAt(3n));
  await current.save(mapsAt(5n));
  await stale.save(mapsAt(4n));
  await stale.save(mapsAt(5n, nodes.slice(1)));
  const loaded = await current.load();
  assert.equal(loaded?.history.current.height, 5n);
  assert.equal(loaded.history.current.swarms.get(swarmId(1n))?.members.length, nodes.length);
  await stale.save(mapsAt(6n));
  assert.equal((await current.load())?.history.current.height, 6n);
});
