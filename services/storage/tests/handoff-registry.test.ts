import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, type PostgresServer, startPostgres } from "@swarmpost/testkit";
import { TestAccount } from "../testing/test-account.ts";
import type { TestNode } from "../testing/test-node.ts";
import { TestSwarm } from "../testing/test-swarm.ts";

const patience = { timeoutMs: 30_000 };

let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres({ maxConnections: 100 });
});
after(() => postgres[Symbol.asyncDispose]());

const state = (node: TestNode) => node.service.node.whole.ownState;

test("a newcomer that knows the map but not the registry, or an older one, does not take itself for whole", async () => {
  await using swarm = await TestSwarm.start(3, { postgres });
  const old = [...swarm.nodes];
  await eventually(() => assert.ok(old.every((node) => state(node) === "whole")), patience);
  await old[0]!.rpc("store", new TestAccount().store("kept"));
  const newcomer = await swarm.add();
  swarm.setMap(new Map([[0n, [...swarm.nodes]]]), old);
  const { map, previousMap } = old[0]!.view.current;
  newcomer.view.set({ registered: undefined, map, previousMap, contacts: new Map() });
  assert.notEqual(state(newcomer), "whole", "without a registry");
  newcomer.view.set({ registered: [], height: map.height - 1n, map, previousMap, contacts: new Map() });
  assert.notEqual(state(newcomer), "whole", "with a registry older than the map");
  swarm.publish();
  await eventually(async () => assert.equal(await newcomer.count(), 1), patience);
  await eventually(() => assert.equal(state(newcomer), "whole"), patience);
});
