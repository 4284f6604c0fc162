import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { MemoryBroker } from "@swarmpost/bus";
import { SwarmMapChangedSchema } from "@swarmpost/protos";
import { emptySwarmState, type SwarmState, swarmId } from "@swarmpost/swarm";
import { eventually } from "@swarmpost/testkit";
import { MapBroadcast } from "./map-broadcast.ts";
import { testNodes } from "./test-chain-server.ts";

function stateOf(height: bigint, nodes: number): SwarmState {
  const swarms = new Map([[swarmId(0n), { members: testNodes(nodes), changedHeight: height }]]);
  return { height, blockHash: Buffer.alloc(32), swarms };
}

/** A broadcast with what its bus carried: heights of maps, undefined for a message without one. */
async function heard() {
  const broker = new MemoryBroker();
  const messages: (bigint | undefined)[] = [];
  await broker
    .connect()
    .subscribe(
      "swarmpost.swarm.map",
      (payload) => void messages.push(fromBinary(SwarmMapChangedSchema, payload).map?.height),
    );
  return { broker, messages, broadcast: new MapBroadcast({ bus: broker.connect() }) };
}

test("a map too large for the bus is announced without its content", async () => {
  const { broadcast, messages } = await heard();
  broadcast.announce({ current: stateOf(1n, 20), previous: undefined });
  broadcast.announce({ current: stateOf(2n, 33_000), previous: emptySwarmState });
  await eventually(() => assert.deepEqual(messages, [1n, undefined]));
  assert.equal(broadcast.current?.map.height, 2n);
});

test("the map is announced again when the bus was away", async () => {
  const { broker, broadcast, messages } = await heard();
  broadcast.announce({ current: stateOf(1n, 5), previous: undefined });
  await eventually(() => assert.deepEqual(messages, [1n]));
  broker.stop();
  broadcast.announce({ current: stateOf(2n, 6), previous: stateOf(1n, 5) });
  broker.start();
  await eventually(() => assert.deepEqual(messages, [1n, 2n]));
});

test("a watcher gets the map in force and every later one in order, until it goes", async () => {
  const { broadcast } = await heard();
  const stop = new AbortController();
  const seen: bigint[] = [];
  broadcast.announce({ current: stateOf(1n, 5), previous: undefined });
  const watching = (async () => {
    for await (const { map } of broadcast.watch(stop.signal)) {
      seen.push(map.height);
      if (map.height === 4n) stop.abort();
    }
  })();
  for (const height of [2n, 3n, 4n, 5n])
    broadcast.announce({ current: stateOf(height, 5), previous: stateOf(height - 1n, 5) });
  await watching;
  assert.deepEqual(seen, [1n, 2n, 3n, 4n]);
});
