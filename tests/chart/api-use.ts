import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as library from "@swarmpost/kubernetes";
import { clusterTlsConfig, createRuntime, parseConfig, silentLogger } from "@swarmpost/runtime";
import { eventually } from "@swarmpost/testkit";
import { type ApiCall, startApiServer, type TestApiServer } from "@swarmpost/kubernetes/testing";

const root = join(import.meta.dirname, "../..");

/** `group/resource verb`, as a rule of a Role allows it. */
export type Right = string;

type Use = (kubernetes: library.Kubernetes, server: TestApiServer) => Promise<unknown>;

const labels = { a: "b" };
const owner = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: "lease", uid: "1" };
const change = { holder: "me", durationSeconds: 15, transitions: 1, acquireTimeMs: 1, renewTimeMs: 1 };
const budget = { name: "budget", labels, minAvailable: 1, selector: labels };
const entries = { name: "entries", labels, entries: { a: "b" } };
const put = (server: TestApiServer, resource: string, name: string): unknown =>
  server.objects.put(resource, { metadata: { name, labels }, spec: {} });

/** One use of each function of the library that calls the API, of all its ways. */
const uses: Readonly<Record<string, Use>> = {
  getLease: async (kubernetes, server) => {
    put(server, "leases", "lease");
    await library.getLease(kubernetes, "lease");
  },
  replaceLease: async (kubernetes, server) => {
    put(server, "leases", "lease");
    const lease = await library.getLease(kubernetes, "lease");
    server.calls.length = 0;
    await library.replaceLease(kubernetes, lease, change);
  },
  labelPod: async (kubernetes, server) => {
    put(server, "pods", "pod");
    await library.labelPod(kubernetes, { name: "pod" }, { a: null });
  },
  listPods: (kubernetes) => library.listPods(kubernetes, labels),
  watchPods: async (kubernetes, server) => {
    const stop = new AbortController();
    const { resourceVersion } = await library.listPods(kubernetes, labels);
    server.calls.length = 0;
    const watching = library.watchPods(kubernetes, labels, { resourceVersion, signal: stop.signal });
    const first = watching.next();
    put(server, "pods", "pod");
    await first;
    stop.abort();
  },
  listBudgets: (kubernetes) => library.listBudgets(kubernetes, labels),
  createBudget: (kubernetes) => library.createBudget(kubernetes, budget, owner),
  updateBudget: async (kubernetes, server) => {
    put(server, "poddisruptionbudgets", "budget");
    const resourceVersion = server.objects.get("poddisruptionbudgets", "budget")!.metadata.resourceVersion!;
    await library.updateBudget(kubernetes, { ...budget, resourceVersion }, owner);
  },
  deleteBudget: (kubernetes) => library.deleteBudget(kubernetes, "budget"),
  getPod: (kubernetes) => library.getPod(kubernetes, "pod"),
  elected: (_, server) => leadOnce(server),
  getSecret: (kubernetes) => library.getSecret(kubernetes, "entries"),
  getConfigMap: (kubernetes) => library.getConfigMap(kubernetes, "entries"),
  createSecret: (kubernetes) => library.createSecret(kubernetes, entries),
  createConfigMap: (kubernetes) => library.createConfigMap(kubernetes, entries),
  addSecretEntries: async (kubernetes) => {
    await library.addSecretEntries(kubernetes, entries);
    await library.addSecretEntries(kubernetes, { ...entries, entries: { c: "d" } });
  },
  addConfigMapEntries: async (kubernetes) => {
    await library.addConfigMapEntries(kubernetes, entries);
    await library.addConfigMapEntries(kubernetes, { ...entries, entries: { c: "d" } });
  },
  getService: (kubernetes) => library.getService(kubernetes, "service"),
  getStatefulSet: (kubernetes) => library.getStatefulSet(kubernetes, "set"),
};

/** Exports of the library that make no call by themselves. */
const callsNothing = [
  "connectKubernetes",
  "Kubernetes",
  "KubernetesError",
  "electionConfig",
  "electionMetrics",
  "leaseOwner",
];

/** A candidate that becomes the leader, is labelled, and ends in order. */
async function leadOnce(server: TestApiServer): Promise<void> {
  const group = { "app.kubernetes.io/instance": "net", "app.kubernetes.io/component": "sample" };
  put(server, "leases", "lease");
  server.objects.put("pods", { metadata: { name: "pod", labels: group } });
  const env = { LEASE_NAME: "lease", POD_NAMESPACE: "swarm", POD_NAME: "pod" };
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = server.kubeconfig; // as the pod's service account would be found
  try {
    const start = library.elected(async () => ({ [Symbol.asyncDispose]: async () => {} }));
    const runtime = createRuntime("sample", { logger: silentLogger });
    await using _candidate = await start(parseConfig({ ...library.electionConfig, ...clusterTlsConfig }, env), runtime);
    await eventually(() => server.objects.get("pods", "pod")?.metadata.labels?.["swarmpost.dev/role"] === "leader");
    await eventually(() => server.count("list", "pods") > 0);
  } finally {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  }
}

/** Which rights each function of libs/kubernetes needs, found by calling it. @throws Error for a function that is new */
export async function rightsOfFunctions(): Promise<ReadonlyMap<string, readonly Right[]>> {
  const unknown = Object.keys(library).filter((name) => !(name in uses) && !callsNothing.includes(name));
  if (unknown.length > 0) throw new Error(`tests/chart/api-use.ts does not use ${unknown.join(", ")}`);
  const found = new Map<string, readonly Right[]>();
  for (const [name, use] of Object.entries(uses)) {
    await using server = await startApiServer("swarm");
    const kubernetes = await library.connectKubernetes({ namespace: "swarm", kubeconfig: server.kubeconfig });
    await use(kubernetes, server);
    found.set(name, [...new Set(server.calls.map(rightOf))].sort());
  }
  return found;
}

function rightOf({ group, resource, verb }: ApiCall): Right {
  return `${group}/${resource} ${verb}`;
}

/** Functions of libs/kubernetes that the sources in some folders import. */
export function importedFunctions(patterns: readonly string[]): readonly string[] {
  const files = globSync([...patterns], { cwd: root }).filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  const names = files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const statements = text.matchAll(/^import \{([^}]*)\} from "@swarmpost\/kubernetes";$/gm);
    return [...statements].flatMap(([, list = ""]) => list.split(",").map((name) => name.trim().split(" as ")[0]!));
  });
  return [...new Set(names.filter((name) => name !== "" && !name.startsWith("type ")))].sort();
}
