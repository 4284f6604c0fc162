import assert from "node:assert/strict";
import { test } from "node:test";
import { developmentKey } from "./development-keys.ts";
import { leaveNetwork, registerNodes } from "./operator.ts";
import { readStakedNodes } from "./reads.ts";
import { someNodes, startTestChain } from "./test-chain.ts";

test("24 nodes register within two blocks of a chain that makes one a second", async () => {
  await using chain = await startTestChain({}, { blockTimeSeconds: 1 });
  const nodes = someNodes(24);
  const events = await registerNodes({
    ...chain.target,
    operatorKey: developmentKey(1),
    minterKey: chain.minterKey,
    nodes,
  });
  assert.deepEqual(
    events.map((event) => event.nodeKey),
    nodes.map((node) => node.pubkey),
  );
  assert.ok(new Set(events.map((event) => event.height)).size <= 2);
  assert.equal((await readStakedNodes(chain.target, 7)).length, 24);
});

test("an operator leaves in one call on a chain that makes a block a second", async () => {
  await using chain = await startTestChain({ unlockDelayBlocks: 1 }, { blockTimeSeconds: 1 });
  const operator = { ...chain.target, operatorKey: developmentKey(1) };
  const [event] = await registerNodes({ ...operator, minterKey: chain.minterKey, nodes: someNodes(1) });
  assert.ok(event);
  const height = await leaveNetwork({ ...operator, id: event.id });
  assert.ok(height > event.height);
  assert.deepEqual(await readStakedNodes(chain.target), []);
});
