import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@swarmpost/testkit";
import {
  addConfigMapEntries,
  addSecretEntries,
  connectKubernetes,
  createBudget,
  deleteBudget,
  getConfigMap,
  getLease,
  getSecret,
  getService,
  getStatefulSet,
  KubernetesError,
  labelPod,
  leaseOwner,
  listBudgets,
  listPods,
  type PodEvent,
  replaceLease,
  updateBudget,
  watchPods,
} from "./index.ts";
import { startApiServer } from "./testing/index.ts";

async function start(timeoutMs = 2_000) {
  const server = await startApiServer("net");
  const kubernetes = await connectKubernetes({ namespace: "net", kubeconfig: server.kubeconfig, timeoutMs });
  return { server, kubernetes, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const code = (expected: string) => (error: unknown) => error instanceof KubernetesError && error.code === expected;

test("entries are added to a Secret, made when missing, and none is ever overwritten", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const labels = { "app.kubernetes.io/instance": "net" };
  assert.equal(await getSecret(kubernetes, "keys"), undefined);
  await addSecretEntries(kubernetes, { name: "keys", labels, entries: { a: "first" } });
  const now = await addSecretEntries(kubernetes, { name: "keys", labels, entries: { a: "second", b: "größer" } });
  assert.deepEqual(now, { name: "keys", labels, entries: { a: "first", b: "größer" } });
  assert.deepEqual(await getSecret(kubernetes, "keys"), now);
  const data = server.objects.get("secrets", "keys")?.data as Record<string, string>;
  assert.equal(data.a, Buffer.from("first").toString("base64"));
});

test("two who add entries at the same time lose none of the other's", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const add = (entries: Record<string, string>) =>
    addConfigMapEntries(kubernetes, { name: "map", labels: {}, entries });
  await Promise.all(Array.from({ length: 8 }, (_, index) => add({ [`entry-${index}`]: String(index), shared: "x" })));
  const found = await getConfigMap(kubernetes, "map");
  assert.equal(Object.keys(found?.entries ?? {}).length, 9);
  assert.ok(server.calls.length > 8 * 2, "some of them had to try again");
});

test("a Lease is replaced only as it was read, and keeps what others wrote on it", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const annotations = { "meta.helm.sh/release-name": "net" };
  server.objects.put("leases", { metadata: { name: "lead", annotations }, spec: { other: 1 } });
  const empty = await getLease(kubernetes, "lead");
  assert.deepEqual([empty.holder, empty.durationSeconds, empty.renewTime], ["", 0, undefined]);
  const change = { holder: "a", durationSeconds: 15, transitions: 1, acquireTimeMs: 0, renewTimeMs: 1_500 };
  const held = await replaceLease(kubernetes, empty, change);
  assert.equal(held.renewTime, "1970-01-01T00:00:01.500000Z");
  await assert.rejects(replaceLease(kubernetes, empty, { ...change, holder: "b" }), code("conflict"));
  const stored = server.objects.get("leases", "lead")!;
  assert.deepEqual(stored.metadata.annotations, annotations);
  assert.deepEqual([(stored.spec as { other: number }).other, held.holder], [1, "a"]);
  const free = await replaceLease(kubernetes, held, { ...change, holder: "", durationSeconds: 1 });
  assert.equal(free.holder, "");
  await assert.rejects(getLease(kubernetes, "none"), code("not-found"));
});

test("pods are listed, labelled and watched by their labels", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const put = (name: string, labels: Record<string, string>) =>
    server.objects.put("pods", { metadata: { name, labels } });
  put("node-0", { component: "node" });
  put("other", { component: "other" });
  const { pods, resourceVersion } = await listPods(kubernetes, { component: "node" });
  assert.deepEqual(
    pods.map(({ name }) => name),
    ["node-0"],
  );
  const stop = new AbortController();
  const seen: PodEvent[] = [];
  const watching = (async () => {
    const options = { resourceVersion, signal: stop.signal };
    for await (const event of watchPods(kubernetes, { component: "node" }, options)) seen.push(event);
  })();
  await labelPod(kubernetes, pods[0]!, { swarm: "1" });
  await labelPod(kubernetes, pods[0]!, { swarm: null });
  put("node-1", { component: "node" });
  server.objects.delete("pods", "node-0");
  await eventually(() => seen.length === 4);
  assert.deepEqual(
    seen.map(({ type }) => type),
    ["modified", "modified", "added", "deleted"],
  );
  const later = { name: "node-1", uid: pods[0]!.uid };
  await assert.rejects(labelPod(kubernetes, later, { swarm: "1" }), code("not-found"), "a pod that came later");
  stop.abort();
  await watching;
  const ended = new AbortController();
  server.objects.compact();
  const old = watchPods(kubernetes, { component: "node" }, { resourceVersion, signal: ended.signal });
  await assert.rejects(old.next(), code("expired"));
});

test("a watch whose connection breaks off ends in an error", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const { resourceVersion } = await listPods(kubernetes, {});
  const events = watchPods(kubernetes, {}, { resourceVersion, signal: new AbortController().signal });
  const next = events.next();
  await eventually(() => server.count("watch", "pods") === 1);
  await server.stop();
  await assert.rejects(next, code("unavailable"));
});

test("a watch that the API server neither goes on with nor ends is given up", async () => {
  await using made = await start(200);
  const { kubernetes, server } = made;
  const { resourceVersion } = await listPods(kubernetes, {});
  server.fault = ({ verb }) => (verb === "watch" ? "stall" : undefined);
  const begun = performance.now();
  const watch = watchPods(kubernetes, {}, { resourceVersion, signal: new AbortController().signal, seconds: 1 });
  await assert.rejects(watch.next(), code("unavailable"));
  assert.ok(performance.now() - begun >= 1_000, "not before the API server had its time");
});

test("a watch that is ended in good order just ends", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  const { resourceVersion } = await listPods(kubernetes, {});
  const watch = watchPods(kubernetes, {}, { resourceVersion, signal: new AbortController().signal });
  const next = watch.next();
  await eventually(() => server.count("watch", "pods") === 1);
  server.endWatches();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test("budgets are created with their owner, updated, listed and deleted", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  server.objects.put("leases", { metadata: { name: "lead" } });
  const owner = leaseOwner(await getLease(kubernetes, "lead"));
  const budget = { name: "swarm-1", labels: { of: "net" }, minAvailable: 4, selector: { swarm: "1" } };
  await createBudget(kubernetes, budget, owner);
  await assert.rejects(createBudget(kubernetes, budget, owner), code("conflict"));
  const [first] = await listBudgets(kubernetes, { of: "net" });
  await updateBudget(kubernetes, { ...first!, minAvailable: 3 }, owner);
  await assert.rejects(updateBudget(kubernetes, { ...first!, minAvailable: 2 }, owner), code("conflict"));
  const stored = server.objects.get("poddisruptionbudgets", "swarm-1");
  assert.deepEqual(stored?.spec, { minAvailable: 3, selector: { matchLabels: { swarm: "1" } } });
  assert.deepEqual(stored?.metadata.ownerReferences, [owner]);
  await deleteBudget(kubernetes, "swarm-1");
  await deleteBudget(kubernetes, "swarm-1");
  assert.deepEqual(await listBudgets(kubernetes, { of: "net" }), []);
});

test("a Service and a StatefulSet are read as the cluster has them", async () => {
  await using made = await start();
  const { kubernetes, server } = made;
  assert.equal(await getService(kubernetes, "node"), undefined);
  const ports = [{ name: "https", port: 22021, nodePort: 30021 }];
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.7" }, { hostname: "lb.example" }] } };
  server.objects.put("services", { metadata: { name: "node" }, spec: { type: "LoadBalancer", ports }, status });
  assert.deepEqual(await getService(kubernetes, "node"), {
    name: "node",
    type: "LoadBalancer",
    ports,
    ingress: [
      { ip: "192.0.2.7", hostname: undefined },
      { ip: undefined, hostname: "lb.example" },
    ],
  });
  server.objects.put("statefulsets", { metadata: { name: "node" }, spec: { replicas: 3 } });
  assert.deepEqual(await getStatefulSet(kubernetes, "node"), {
    name: "node",
    labels: {},
    replicas: 3,
    readyReplicas: 0,
  });
});

test("each kind of refusal has its code, and no answer in time is unavailable", async () => {
  await using made = await start(200);
  const { kubernetes, server } = made;
  for (const [status, expected] of [
    [401, "forbidden"],
    [403, "forbidden"],
    [422, "refused"],
    [429, "unavailable"],
    [500, "unavailable"],
  ] as const) {
    server.fault = () => ({ status });
    await assert.rejects(getSecret(kubernetes, "keys"), code(expected), String(status));
  }
  for (const fault of ["hang", "cut"] as const) {
    server.fault = () => fault;
    await assert.rejects(getSecret(kubernetes, "keys"), code("unavailable"), fault);
  }
  await server.stop();
  await assert.rejects(getSecret(kubernetes, "keys"), code("unavailable"), "nobody listens");
  await server.start();
  server.fault = () => undefined;
  assert.equal(await getSecret(kubernetes, "keys"), undefined);
});

test("a kubeconfig that is not there is told without a call", async () => {
  await assert.rejects(connectKubernetes({ namespace: "net", kubeconfig: "/nonexistent" }), code("no-access"));
});
