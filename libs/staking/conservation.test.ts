import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { developmentKey } from "./development-keys.ts";
import { StakingError } from "./errors.ts";
import { exitNode, registerNodes, requestUnlock } from "./operator.ts";
import { readHoldings, readStakedNodes } from "./reads.ts";
import { mineBlocks, someNodes, startTestChain, type TestChain } from "./test-chain.ts";

const stake = 15_000n * 10n ** 18n;
const unlockDelay = 3;
const keys = someNodes(3);
const operators = [developmentKey(1), developmentKey(2)];

const step = fc.record({
  act: fc.constantFrom("register", "unlock", "exit", "mine" as const),
  operator: fc.nat(1),
  node: fc.nat(2),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What the contract should hold: the registrations that are still staked, by operator and node. */
interface Model {
  readonly active: Map<string, { id: bigint; unlockRequested: boolean }>;
  lastId: bigint;
}

async function perform(chain: TestChain, model: Model, { act, operator, node }: Step): Promise<void> {
  const operatorKey = operators[operator] ?? developmentKey(1);
  const name = `${operator}/${node}`;
  const own = { ...chain.target, operatorKey, id: model.active.get(name)?.id ?? 999_999n };
  switch (act) {
    case "mine":
      return await mineBlocks(chain.anvil, unlockDelay);
    case "register": {
      const nodes = keys.slice(node, node + 1);
      const [event] = await registerNodes({ ...chain.target, operatorKey, nodes, minterKey: chain.minterKey });
      assert.ok(event && event.id > model.lastId, "ids ascend and are never used again");
      model.lastId = event.id;
      return void model.active.set(name, { id: event.id, unlockRequested: false });
    }
    case "unlock":
      await requestUnlock(own);
      return void model.active.set(name, { id: own.id, unlockRequested: true });
    case "exit":
      await exitNode(own);
      assert.ok(model.active.get(name)?.unlockRequested, "nothing leaves without an unlock");
      return void model.active.delete(name);
  }
}

test("whatever operators do, the contract holds exactly the stakes of the registrations that are active", async () => {
  await using chain = await startTestChain({ unlockDelayBlocks: unlockDelay });
  const model: Model = { active: new Map(), lastId: 0n };
  let accepted = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
    for (const each of steps) {
      try {
        await perform(chain, model, each);
        accepted++;
      } catch (error) {
        if (!(error instanceof StakingError && error.code === "reverted")) throw error;
      }
      const expected = stake * BigInt(model.active.size);
      assert.deepEqual(await readHoldings(chain.target), { totalStaked: expected, balance: expected });
    }
    const ids = (await readStakedNodes(chain.target)).map((node) => node.id);
    assert.deepEqual(new Set(ids), new Set([...model.active.values()].map((each) => each.id)));
  });
  // One chain for all runs, so a failure cannot be shrunk: it would start from another state.
  await fc.assert(property, { numRuns: 10, endOnFailure: true });
  assert.ok(accepted > 20, "the steps did something");
});
