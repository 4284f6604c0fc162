import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBroker } from "@swarmpost/bus";
import { startApiServer } from "@swarmpost/kubernetes/testing";
import { ConfigError, createRuntime, parseConfig, silentLogger } from "@swarmpost/runtime";
import { eventually, startPostgres } from "@swarmpost/testkit";
import { SWARM_LABEL } from "./budget-plan.ts";
import { budgetsFromConfig } from "./budgets-from-config.ts";
import { swarmCoordinatorConfig } from "./config.ts";
import { coordinatorMetrics } from "./metrics.ts";
import { createSwarmCoordinator } from "./service.ts";
import { serveChain, TestChain, testNodes } from "./test-chain-server.ts";

const configOf = (env: Record<string, string>) =>
  parseConfig(swarmCoordinatorConfig, { DATABASE_URL: "postgres://127.0.0.1/none", ...env });

test("without the ConfigMap of node keys there is nothing to keep, with it all that is missing is named", async () => {
  const { metrics } = createRuntime("swarm-coordinator", { logger: silentLogger });
  const parts = { logger: silentLogger, metrics: coordinatorMetrics(metrics) };
  await using stack = new AsyncDisposableStack();
  await budgetsFromConfig(configOf({}), parts, stack);
  const making = budgetsFromConfig(configOf({ NODE_KEYS_CONFIGMAP: "keys", LEASE_NAME: "lead" }), parts, stack);
  await assert.rejects(making, (error) => {
    assert.ok(error instanceof ConfigError);
    const named = error.problems.map((problem) => problem.replace(/ is required with NODE_KEYS_CONFIGMAP$/, ""));
    assert.deepEqual(named, ["RELEASE_NAME", "PDB_PREFIX", "POD_NAMESPACE"]);
    return true;
  });
});

test("a coordinator labels the nodes of its release and keeps their budgets, for each map in force", async (context) => {
  await using postgres = await startPostgres();
  await using api = await startApiServer("net");
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = api.kubeconfig; // as the pod's service account would be found
  context.after(() => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  });
  const nodes = testNodes(8);
  const data = Object.fromEntries(nodes.slice(0, 6).map((key, index) => [`node-${index}`, key]));
  api.objects.put("configmaps", { metadata: { name: "keys" }, data });
  api.objects.put("leases", { metadata: { name: "lead" } });
  const labels = { "app.kubernetes.io/instance": "net", "app.kubernetes.io/component": "node" };
  for (const name of Object.keys(data)) api.objects.put("pods", { metadata: { name, labels } });
  const chain = new TestChain();
  chain.add(nodes.slice(0, 5));
  await using server = await serveChain(chain);
  const names = { NODE_KEYS_CONFIGMAP: "keys", RELEASE_NAME: "net", PDB_PREFIX: "net", LEASE_NAME: "lead" };
  const config = configOf({
    ...names,
    POD_NAMESPACE: "net",
    DATABASE_URL: await postgres.createDatabase("budgets"),
    CHAIN_WATCHER: server.address,
    GRPC_PORT: "0",
  });
  const broker = new MemoryBroker();
  const runtime = createRuntime("swarm-coordinator", { logger: silentLogger });
  await using _service = await createSwarmCoordinator(config, runtime, { bus: async () => broker.connect() });
  const labelled = () => api.objects.list("pods").filter(({ metadata }) => metadata.labels?.[SWARM_LABEL]).length;
  const kept = () =>
    api.objects.list("poddisruptionbudgets").map(({ spec }) => (spec as { minAvailable: number }).minAvailable);
  await eventually(() => assert.deepEqual([labelled(), kept()], [5, [4]]), { timeoutMs: 30_000 });
  chain.add(nodes.slice(5));
  await eventually(() => assert.deepEqual([labelled(), kept()], [6, [5]]), { timeoutMs: 30_000 });
});
