import assert from "node:assert/strict";
import { test } from "node:test";
import { connectKubernetes, type PodEvent } from "@swarmpost/kubernetes";
import { startApiServer } from "@swarmpost/kubernetes/testing";
import { createRuntime, silentLogger } from "@swarmpost/runtime";
import { type SwarmState, swarmId } from "@swarmpost/swarm";
import { eventually } from "@swarmpost/testkit";
import { asksForLook, BudgetKeeper } from "./budget-keeper.ts";
import { SWARM_LABEL } from "./budget-plan.ts";
import { coordinatorMetrics } from "./metrics.ts";
import { testNodes } from "./test-chain-server.ts";

const nodes = testNodes(6);
const pods = nodes.map((_, index) => `node-${index}`);
const labels = { "app.kubernetes.io/instance": "net", "app.kubernetes.io/component": "node" };

function mapOf(...swarms: number[][]): SwarmState {
  const entries = swarms.map(
    (members, index) =>
      [swarmId(BigInt(index + 1)), { members: members.map((each) => nodes[each]!), changedHeight: 1n }] as const,
  );
  return { height: 1n, blockHash: Buffer.alloc(32), swarms: new Map(entries) };
}

/** A release of six nodes, and the keeper of its budgets. */
async function start(more: { everyMs?: number } = {}) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startApiServer("net"));
  const put = (name: string, more: Record<string, string> = {}) =>
    server.objects.put("pods", { metadata: { name, labels: { ...labels, ...more } } });
  for (const name of pods) put(name);
  const data = Object.fromEntries(pods.map((name, index) => [name, nodes[index]!]));
  server.objects.put("configmaps", { metadata: { name: "net-node-keys" }, data });
  server.objects.put("leases", { metadata: { name: "net-coordinator" } });
  const { metrics, logger } = createRuntime("swarm-coordinator", { logger: silentLogger });
  const kubernetes = await connectKubernetes({ namespace: "net", kubeconfig: server.kubeconfig, timeoutMs: 1_000 });
  const servers = new Map(pods.map((name) => [name, "one"]));
  const options = {
    release: "net",
    prefix: "net",
    nodeKeys: "net-node-keys",
    lease: "net-coordinator",
    servers,
    ...more,
  };
  const keeper = stack.use(new BudgetKeeper(options, { kubernetes, logger, metrics: coordinatorMetrics(metrics) }));
  const running = stack.move();
  return {
    server,
    keeper,
    put,
    labelled: () =>
      server.objects.list("pods").flatMap(({ metadata }) => {
        const swarm = metadata.labels?.[SWARM_LABEL];
        return swarm === undefined ? [] : [`${metadata.name}=${Number(swarm)}`];
      }),
    budgets: () =>
      server.objects
        .list("poddisruptionbudgets")
        .map(({ metadata, spec }) => `${metadata.name.slice(-1)}:${(spec as { minAvailable: number }).minAvailable}`)
        .toSorted(),
    async metric(name: string) {
      const line = (await metrics.render())
        .split("\n")
        .find((each) => each.startsWith(`swarmpost_swarm_coordinator_${name} `));
      return Number(line?.split(" ")[1]);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const same = (read: () => unknown, expected: unknown) => eventually(() => assert.deepEqual(read(), expected));

test("labels and budgets follow the map, and budgets belong to the Lease", async () => {
  await using net = await start();
  net.server.objects.put("poddisruptionbudgets", { metadata: { name: "net-file-server", labels: { ...labels } } });
  net.keeper.follow(mapOf([0, 1, 2], [3, 4]));
  await same(net.labelled, ["node-0=1", "node-1=1", "node-2=1", "node-3=2", "node-4=2"]);
  await eventually(async () => (await net.metric('budget_syncs_total{result="done"}')) > 0);
  net.server.objects.delete("poddisruptionbudgets", "net-file-server");
  assert.deepEqual(net.budgets(), ["1:2", "2:1"]);
  const [budget] = net.server.objects.list("poddisruptionbudgets");
  const { uid } = net.server.objects.get("leases", "net-coordinator")!.metadata;
  const owner = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: "net-coordinator", uid };
  assert.deepEqual(budget?.metadata.ownerReferences, [owner]);
  assert.deepEqual(
    await Promise.all(
      ["budgets", "unlabelled_pods", "swarm_members_sharing_server", "swarms_on_one_server"].map(net.metric),
    ),
    [2, 0, 3, 2],
  );
  net.keeper.follow(mapOf([0, 1, 2, 3, 5]));
  await same(net.labelled, ["node-0=1", "node-1=1", "node-2=1", "node-3=1", "node-5=1"]);
  await same(net.budgets, ["1:4"]);
});

test("a budget that somebody changed is put right, and those of others are left alone", async () => {
  await using net = await start({ everyMs: 50 });
  const others = ["net-swarm-coordinator", "other-swarm-0000000000000001", "net-swarm-00000000000000010"];
  for (const name of others) net.server.objects.put("poddisruptionbudgets", { metadata: { name } });
  net.keeper.follow(mapOf([0, 1, 2]));
  const name = "net-swarm-0000000000000001";
  const budget = () => net.server.objects.get("poddisruptionbudgets", name);
  await eventually(() => budget() !== undefined);
  const { labels: right } = budget()!.metadata;
  const { spec } = budget()!;
  for (const change of [{ labels: {} }, { labels: right!, more: true }]) {
    const wrong = "more" in change ? { ...(spec as object), minAvailable: 1 } : spec;
    net.server.objects.put("poddisruptionbudgets", { metadata: { name, labels: change.labels }, spec: wrong });
    await eventually(() => assert.deepEqual([budget()?.metadata.labels, budget()?.spec], [right, spec]));
  }
  net.keeper.follow(mapOf());
  await eventually(() => budget() === undefined);
  assert.equal(net.server.objects.list("poddisruptionbudgets").length, others.length);
});

test("a pod that was replaced, and one whose label was changed, are labelled at once", async () => {
  await using net = await start();
  net.keeper.follow(mapOf([0, 1, 2]));
  await same(net.labelled, ["node-0=1", "node-1=1", "node-2=1"]);
  await eventually(() => net.server.count("watch", "pods") === 1);
  net.server.objects.delete("pods", "node-1");
  net.put("node-1");
  net.put("node-4", { [SWARM_LABEL]: "0000000000000007" });
  await eventually(() => assert.deepEqual(net.labelled().toSorted(), ["node-0=1", "node-1=1", "node-2=1"]));
});

test("a label that somebody changes is put right, by every watch", async () => {
  await using net = await start();
  const right = ["node-0=1", "node-1=1", "node-2=1"];
  net.keeper.follow(mapOf([0, 1, 2]));
  await same(net.labelled, right);
  for (const watches of [1, 2, 3]) {
    await eventually(() => net.server.count("watch", "pods") === watches);
    await eventually(async () => (await net.metric("unlabelled_pods")) === 0);
    net.put("node-1", { [SWARM_LABEL]: "0000000000000007" });
    await same(net.labelled, right);
    net.put("node-2");
    await same(net.labelled, right);
    net.server.endWatches();
  }
});

test("what no watch tells is found by looking again", async () => {
  await using net = await start({ everyMs: 20 });
  net.server.fault = ({ verb }) => (verb === "watch" ? "stall" : undefined);
  net.keeper.follow(mapOf([0, 1]));
  await same(net.labelled, ["node-0=1", "node-1=1"]);
  // More often than the looks that the new map and the begin of the watch ask for could notice.
  for (let change = 0; change < 15; change += 1) {
    net.put("node-0");
    await same(net.labelled, ["node-0=1", "node-1=1"]);
  }
  net.server.objects.delete("poddisruptionbudgets", "net-swarm-0000000000000001");
  await same(net.budgets, ["1:1"]);
});

test("an API server that ends each watch at once is not asked without pause", async () => {
  await using net = await start();
  let ended = 0;
  net.server.fault = ({ verb }) => {
    if (verb === "watch") setImmediate(() => (ended++, net.server.endWatches()));
    return undefined;
  };
  await eventually(() => ended >= 2);
  const begun = performance.now();
  const before = ended;
  await eventually(() => ended >= before + 3);
  assert.ok(performance.now() - begun >= 1_000);
});

test("a change of a pod that is about something else asks for nothing", () => {
  const swarmOf = new Map([["node-0", "0000000000000001"]]);
  const event = (
    type: "added" | "modified" | "deleted",
    name: string,
    more: Record<string, string> = {},
  ): PodEvent => ({
    type,
    resourceVersion: "7",
    pod: { name, uid: name, labels: { ...labels, ...more }, staying: true },
  });
  const right = { [SWARM_LABEL]: "0000000000000001" };
  const asks = (about: PodEvent): boolean => asksForLook(about, swarmOf);
  assert.equal(asks(event("modified", "node-0", { ...right, other: "x" })), false);
  assert.equal(asks(event("modified", "node-5", { other: "x" })), false);
  assert.equal(asks({ type: "bookmark", resourceVersion: "7" }), false);
  assert.equal(asks(event("modified", "node-0")), true, "its label is gone");
  assert.equal(asks(event("modified", "node-5", right)), true, "a label that it should not have");
  assert.equal(asks(event("added", "node-0", right)), true);
  assert.equal(asks(event("deleted", "node-0", right)), true);
});

test("an API that is away, refuses or loses its history is waited out", async () => {
  await using net = await start();
  net.keeper.follow(mapOf([0, 1]));
  await same(net.labelled, ["node-0=1", "node-1=1"]);
  await net.server.stop();
  net.keeper.follow(mapOf([0, 1, 2], [3, 4]));
  await eventually(async () => (await net.metric('budget_syncs_total{result="failed"}')) >= 1);
  net.server.objects.compact();
  net.server.fault = ({ verb }) => (verb === "create" ? { status: 500 } : undefined);
  await net.server.start();
  await eventually(() => net.server.count("create", "poddisruptionbudgets") >= 2, { timeoutMs: 20_000 });
  assert.deepEqual(net.labelled(), ["node-0=1", "node-1=1"], "nothing is relabelled before its budget is there");
  assert.ok((await net.metric("unlabelled_pods")) >= 3);
  net.server.fault = () => undefined;
  await same(net.budgets, ["1:2", "2:1"]);
  await same(net.labelled, ["node-0=1", "node-1=1", "node-2=1", "node-3=2", "node-4=2"]);
});

test("without a map in force nothing is touched", async () => {
  await using net = await start();
  net.put("node-0", { [SWARM_LABEL]: "0000000000000001" });
  await eventually(() => net.server.count("watch", "pods") === 1);
  net.put("node-7");
  await eventually(() => net.server.objects.get("pods", "node-7") !== undefined);
  assert.deepEqual([net.labelled(), net.server.count("patch", "pods")], [["node-0=1"], 0]);
});

test("the keeper needs these rights and no others", async () => {
  await using net = await start();
  const rules = (resources: string[], verbs: string[], apiGroups = [""]) => ({ apiGroups, resources, verbs });
  net.server.rules = [
    rules(["configmaps"], ["get"]),
    rules(["leases"], ["get"], ["coordination.k8s.io"]),
    rules(["pods"], ["list", "watch", "patch"]),
    rules(["poddisruptionbudgets"], ["list", "create", "update", "delete"], ["policy"]),
  ];
  net.keeper.follow(mapOf([0, 1], [2, 3]));
  await same(net.budgets, ["1:1", "2:1"]);
  net.keeper.follow(mapOf([0, 1, 4]));
  await same(net.budgets, ["1:2"]);
});
