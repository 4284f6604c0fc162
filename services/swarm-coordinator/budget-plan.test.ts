import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pubkey } from "@swarmpost/crypto";
import type { Budget, Pod, StoredBudget } from "@swarmpost/kubernetes";
import { type SwarmState, swarmId } from "@swarmpost/swarm";
import { array, assert as assertProperty, constantFrom, property } from "fast-check";
import { type BudgetPlan, planBudgets, SWARM_LABEL } from "./budget-plan.ts";
import { nodeServers, sharedServers } from "./node-servers.ts";
import { testNodes } from "./test-chain-server.ts";

const names = { release: "net", prefix: "net-swarmpost" };
const nodes = testNodes(24);
/** The release has the first 16 nodes; the others are somebody else's. */
const keys = new Map(nodes.slice(0, 16).map((key, index) => [`node-${index}`, key]));

/** A map of one swarm id each with the nodes of these indexes. */
function mapOf(swarms: Readonly<Record<string, readonly number[]>>): SwarmState {
  const members = (indexes: readonly number[]): Pubkey[] => indexes.map((index) => nodes[index]!);
  const entries = Object.entries(swarms).map(
    ([id, indexes]) => [swarmId(BigInt(`0x${id}`)), { members: members(indexes), changedHeight: 1n }] as const,
  );
  return { height: 1n, blockHash: Buffer.alloc(32), swarms: new Map(entries) };
}

const pod = (name: string, swarm?: string): Pod => ({
  name,
  uid: name,
  labels: swarm === undefined ? {} : { [SWARM_LABEL]: swarm },
  staying: true,
});

/** A cluster that carries out plans, and counts after each step how many members of a swarm a drain could take at once. */
class Cluster {
  pods: Pod[];
  budgets: StoredBudget[] = [];

  constructor(pods: Pod[]) {
    this.pods = pods;
  }

  apply(plan: BudgetPlan, check: () => void): void {
    const store = (budget: Budget): void => {
      this.budgets = this.budgets.filter(({ name }) => name !== budget.name);
      this.budgets.push({ resourceVersion: "1", ...budget });
      check();
    };
    for (const budget of [...plan.create, ...plan.update]) store(budget);
    for (const {
      pod: { name },
      swarm,
    } of plan.label) {
      this.pods = this.pods.map((each) => (each.name === name ? pod(name, swarm) : each));
      check();
    }
    for (const { name } of plan.remove) {
      this.budgets = this.budgets.filter((budget) => budget.name !== name);
      check();
    }
  }

  /** How many of these pods may be evicted at once, all pods being healthy. */
  evictable(pods: readonly string[]): number {
    const ofBudget = new Map<string, number>();
    let free = 0;
    for (const each of this.pods.filter(({ name }) => pods.includes(name))) {
      const found = this.budgets.filter(({ selector }) => selector[SWARM_LABEL] === each.labels[SWARM_LABEL]);
      assert.ok(found.length <= 1, "no pod has two budgets");
      if (found[0] === undefined) free++;
      else ofBudget.set(found[0].name, (ofBudget.get(found[0].name) ?? 0) + 1);
    }
    for (const [name, count] of ofBudget) {
      const budget = this.budgets.find((each) => each.name === name)!;
      const selected = this.pods.filter(({ labels }) => labels[SWARM_LABEL] === budget.selector[SWARM_LABEL]);
      free += Math.min(count, Math.max(0, selected.length - budget.minAvailable));
    }
    return free;
  }
}

test("each swarm has a budget for its local members, and each pod the label of its swarm", () => {
  const map = mapOf({ "1": [0, 1, 2, 20], fffffffffffffffe: [3, 21], abc: [22, 23] });
  const pods = [...keys.keys()].map((name) => pod(name));
  const plan = planBudgets(names, { map, keys, pods, budgets: [] });
  assert.deepEqual(plan.create, [
    {
      name: "net-swarmpost-swarm-0000000000000001",
      labels: {
        "app.kubernetes.io/instance": "net",
        "app.kubernetes.io/managed-by": "swarm-coordinator",
        [SWARM_LABEL]: "0000000000000001",
      },
      minAvailable: 2,
      selector: { "app.kubernetes.io/instance": "net", [SWARM_LABEL]: "0000000000000001" },
    },
    {
      name: "net-swarmpost-swarm-fffffffffffffffe",
      labels: {
        "app.kubernetes.io/instance": "net",
        "app.kubernetes.io/managed-by": "swarm-coordinator",
        [SWARM_LABEL]: "fffffffffffffffe",
      },
      minAvailable: 0,
      selector: { "app.kubernetes.io/instance": "net", [SWARM_LABEL]: "fffffffffffffffe" },
    },
  ]);
  assert.deepEqual(
    plan.label.map(({ pod: { name }, swarm }) => `${name} ${swarm}`),
    [0, 1, 2].map((index) => `node-${index} 0000000000000001`).concat("node-3 fffffffffffffffe"),
  );
  assert.deepEqual([plan.update, plan.remove], [[], []]);
});

test("what is in step is left alone, as is a pod that is on its way out", () => {
  const map = mapOf({ "1": [0, 1] });
  const pods = [pod("node-0", "0000000000000001"), { ...pod("node-1"), staying: false }, pod("node-5")];
  const { create } = planBudgets(names, { map, keys, pods, budgets: [] });
  const budgets = create.map((budget) => ({ ...budget, resourceVersion: "1" }));
  const plan = planBudgets(names, { map, keys, pods, budgets });
  assert.deepEqual(plan, { create: [], update: [], label: [], remove: [] });
  const strange = budgets.map((budget) => ({ ...budget, minAvailable: Number.NaN }));
  assert.equal(planBudgets(names, { map, keys, pods, budgets: strange }).update.length, 1, "one that somebody changed");
});

const swarmsOf = array(constantFrom("1", "2", "3", "none"), { minLength: 16, maxLength: 16 })
  .map((places) => Map.groupBy(places.keys(), (index) => places[index]!))
  .map((groups) => Object.fromEntries([...groups].filter(([swarm]) => swarm !== "none")));

test("from any map to any other, no step lets a drain take two who stay together in a swarm", () => {
  assertProperty(
    property(swarmsOf, swarmsOf, (before, after) => {
      const cluster = new Cluster([...keys.keys()].map((name) => pod(name)));
      const step = (swarms: Record<string, number[]>, check: () => void): void => {
        const map = mapOf(swarms);
        const plan = () => planBudgets(names, { map, keys, pods: cluster.pods, budgets: cluster.budgets });
        cluster.apply(plan(), check);
        cluster.apply(plan(), check);
        assert.deepEqual(plan(), { create: [], update: [], label: [], remove: [] });
      };
      step(before, () => {});
      step(after, () => {
        for (const [swarm, members] of Object.entries(after)) {
          const staying = members.filter((index) => before[swarm]?.includes(index)).map((index) => `node-${index}`);
          assert.ok(cluster.evictable(staying) <= 1, `swarm ${swarm}`);
        }
      });
      for (const members of Object.values(after)) {
        assert.equal(
          cluster.evictable(members.map((index) => `node-${index}`)),
          1,
          "and in the end a drain may take one",
        );
      }
    }),
  );
});

test("members of one swarm on one server are counted, and swarms that could lose what a majority confirmed", () => {
  const servers = nodeServers.parse("a=one, b=one,c=two");
  const shared = (...swarms: (readonly [pods: string[], size: number])[]) =>
    sharedServers(
      swarms.map(([pods, size]) => ({ pods, size })),
      servers,
    );
  assert.deepEqual(shared([["a", "c"], 5], [["b"], 5]), { most: 1, majorities: 0 });
  assert.deepEqual(shared([["a", "b", "c"], 3], [["c"], 1]), { most: 2, majorities: 2 });
  assert.deepEqual(shared([["a", "b"], 4], [[], 5]), { most: 2, majorities: 0 });
  assert.deepEqual(shared([["x", "y"], 2]), { most: 0, majorities: 0 });
  assert.equal(nodeServers.safeParse("a").success, false);
});
